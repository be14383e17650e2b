"""Records that share an address are one person; the earliest registered record leads."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import phonenumbers
import pytest

from features.identity import link_persons
from offermill import businessday, settings, sqlfiles
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.settings import Settings
from offermill.warehouse import Warehouse

DAY = date(2026, 6, 30)
SETTINGS = Settings(
    shop=settings.ShopSettings(id="test", name="Test", time_zone="Europe/Riga"),
    randomisation=settings.RandomisationSettings(salt="a salt for tests"),
    sources={},
)
RUN = Run(DAY, businessday.interval(DAY, "Europe/Riga")[1], ShopPaths(Path("nowhere")), SETTINGS, "0" * 64)

Record = tuple[str, str]  # customer_id, registered_on
Address = tuple[str, str, str | None]  # customer_id, kind, value_normalised


def linked(records: list[Record], addresses: list[Address]) -> tuple[dict[str, tuple[str, int]], dict[str, object]]:
    """Return record -> (leading record, records of the person), and the step's summary."""
    with Warehouse.open() as warehouse:
        warehouse.execute("create schema staging")
        warehouse.execute("create table staging.customers (customer_id varchar, registered_at timestamp)")
        warehouse.execute("create table staging.contacts (customer_id varchar, kind varchar, value_normalised varchar)")
        if records:
            warehouse.connection.executemany("insert into staging.customers values (?, ?)", records)
        if addresses:
            warehouse.connection.executemany("insert into staging.contacts values (?, ?, ?)", addresses)
        summary = link_persons(warehouse, RUN)
        rows = warehouse.rows("select record_id, customer_id, record_count from core.person_link")
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    return {record: (leader, count) for record, leader, count in rows}, summary


def test_a_chain_of_shared_addresses_is_one_person() -> None:
    persons, summary = linked(
        [("c1", "2025-01-01"), ("c2", "2024-01-01"), ("c3", "2026-01-01"), ("c4", "2026-01-01")],
        [
            ("c1", "email", "a@x.lv"),
            ("c2", "email", "a@x.lv"),
            ("c2", "phone", "+37120000001"),
            ("c3", "phone", "+37120000001"),
            ("c4", "phone", "+37120000002"),
        ],
    )

    assert persons == {"c1": ("c2", 3), "c2": ("c2", 3), "c3": ("c2", 3), "c4": ("c4", 1)}
    assert summary == {
        "record_count": 4,
        "person_count": 2,
        "merged_count": 2,
        "address_shared_by_many_count": 0,
    }


def test_records_opened_together_are_led_by_the_smallest_id() -> None:
    persons, _ = linked(
        [("c10", "2025-01-01"), ("c9", "2025-01-01")], [("c9", "email", "a@x.lv"), ("c10", "email", "a@x.lv")]
    )

    # Ids are text: "c10" < "c9".
    assert persons == {"c9": ("c10", 2), "c10": ("c10", 2)}


def test_an_address_of_more_than_five_records_links_nobody_and_is_counted() -> None:
    six = [(f"c{number}", "2025-01-01") for number in range(6)]
    persons, summary = linked(six, [(record, "email", "info@shop.lv") for record, _ in six])

    assert persons == {record: (record, 1) for record, _ in six}
    assert summary["address_shared_by_many_count"] == 1


def test_an_address_of_five_records_links_them() -> None:
    five = [(f"c{number}", "2025-01-01") for number in range(5)]
    persons, summary = linked(five, [(record, "email", "home@x.lv") for record, _ in five])

    assert persons == {record: ("c0", 5) for record, _ in five}
    assert summary["address_shared_by_many_count"] == 0


def test_the_same_text_as_e_mail_and_as_phone_is_two_addresses() -> None:
    persons, _ = linked(
        [("c1", "2025-01-01"), ("c2", "2025-01-01")], [("c1", "email", "+37120000001"), ("c2", "phone", "+37120000001")]
    )

    assert persons == {"c1": ("c1", 1), "c2": ("c2", 1)}


def test_what_is_no_address_and_who_is_no_customer_link_nobody() -> None:
    persons, _ = linked(
        [("c1", "2025-01-01"), ("c2", "2025-01-01")],
        [("c1", "email", None), ("c2", "email", None), ("c1", "phone", "+3712"), ("unknown", "phone", "+3712")],
    )

    assert persons == {"c1": ("c1", 1), "c2": ("c2", 1)}


def test_a_shop_without_customers_has_no_persons() -> None:
    persons, summary = linked([], [])

    assert persons == {}
    assert summary["person_count"] == 0


def oracle(records: list[Record], addresses: list[Address]) -> dict[str, tuple[str, int]]:
    """Merge sets until nothing changes: slow and obviously right."""
    known = {record for record, _ in records}
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record, kind, value in addresses:
        if value is not None and record in known:
            owners[kind, value].add(record)
    persons = [{record} for record in known]
    for sharing in (group for group in owners.values() if len(group) <= 5):
        touched = [person for person in persons if person & sharing]
        persons = [person for person in persons if not person & sharing] + [set().union(*touched)]
    opened = dict(records)
    return {
        record: (min(person, key=lambda one: (opened[one], one)), len(person))
        for person in persons
        for record in person
    }


@pytest.mark.parametrize("seed", range(20))
def test_any_shop_is_linked_as_by_merging_sets_by_hand(seed: int) -> None:
    chance = random.Random(seed)
    count = chance.randrange(1, 120)
    start = datetime(2024, 1, 1, tzinfo=UTC).date()
    records = [(f"c{n}", (start + timedelta(days=chance.randrange(9))).isoformat()) for n in range(count)]
    addresses: list[Address] = [
        (f"c{chance.randrange(count + 3)}", chance.choice(["email", "phone"]), f"a{chance.randrange(count)}")
        for _ in range(chance.randrange(2 * count))
    ]

    persons, _ = linked(records, addresses)

    assert persons == oracle(records, addresses)
    # The order in which rows were delivered is nobody's business.
    assert linked(chance.sample(records, count), chance.sample(addresses, len(addresses)))[0] == persons


def normalised(country: str, numbers: list[str]) -> list[str | None]:
    """Return what staging.contacts makes of phone numbers in a shop of `country`."""
    with Warehouse.open() as warehouse:
        warehouse.execute("create schema raw")
        warehouse.execute(
            """
            create table raw.contacts as
            select n as customer_id, 'phone' as kind, value, timestamp '2025-01-01' as updated_at,
                null::date as _delivered_on, true as _is_history, 'f' as _file, 1 as _line
            from (select unnest($numbers) as value, unnest(range(len($numbers)))::varchar as n)
        """,
            {"numbers": numbers},
        )
        parameters = {**RUN.parameters, "shop_country": country}
        warehouse.replace_table("staging.contacts", sqlfiles.read("staging.contacts").text, parameters)
        return [row[0] for row in warehouse.rows("select value_normalised from staging.contacts order by customer_id")]


@pytest.mark.parametrize("country", ["LV", "LT", "EE", "PL", "FI", "SE", "DE", "GB", "US"])
def test_phone_numbers_compare_as_the_published_numbering_plans_say(country: str) -> None:
    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    international = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    written = [
        phonenumbers.format_number(example, style)
        for style in (phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    ]

    assert normalised(country, [*written, "00" + international[1:]]) == [international] * 3
