"""A night of people with one offer each, written in rows, and the files in which some of them say no."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from offermill import csvfile, sqlfiles
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import address_keys, last_check, phone_numbers
from tests.literal_night import make_run
from tests.literal_tables import DAY, Row, make

SETTINGS = """\
shop: {id: test, name: Test, time_zone: Europe/Riga, country: LV}
randomisation: {salt: a salt for tests}
sources:
  complaints: {files: "complaints_{date}*.csv"}
  consents: {files: "consents_{date}*.csv"}
  customers: {files: "customers_{date}*.csv"}
  suppressions: {files: "suppressions_{date}*.csv"}
  withdrawals: {files: "withdrawals_{date}*.csv"}
last_check: {has_suppression_list: false}
"""
LONG_AGO = datetime(2025, 1, 1)
AGREED = datetime(2026, 6, 29)
EMPTY = (
    "core.contact_name",
    "core.suppression",
    "core.withdrawal",
    "core.product",
    "core.purchase_line",
    "core.offer_assignment",
    "segments.membership",
    "offers.ad_permission",
    "offers.withdrawn_promise",
    "offers.decision_history",
    "offers.ledger_entry",
)
TABLES = ("offers.watched_key", "offers.suppressed_customer", "offers.addressee", "offers.message")


@dataclass(frozen=True)
class Person:
    """A customer record that is a person of its own; `told` is whether they have an offer tonight."""

    customer_id: str
    email: str | None = None
    phone: str | None = None
    household: str | None = None
    told: bool = True


def fill(warehouse: Warehouse, people: Sequence[Person]) -> None:
    """Write what the night knows of them: all agreed to e-mails, and those told have 500 points for 2 euros."""
    for table in EMPTY:
        make(warehouse, table, [])
    ids = [one.customer_id for one in people]
    customers = [
        {"customer_id": one, "language": "en", "status": "active", "birth_date": date(1990, 1, 1)} for one in ids
    ]
    make(warehouse, "core.customer", customers)
    make(warehouse, "core.person_link", [{"record_id": one, "customer_id": one, "record_count": 1} for one in ids])
    make(warehouse, "core.contact", [row for one in people for row in _contacts(one)])
    homes = [
        {"customer_id": one.customer_id, "record_id": one.customer_id, "household": one.household}
        for one in people
        if one.household
    ]
    make(warehouse, "core.household", homes)
    agreed = {"channel": "email", "purpose": "offers", "is_granted": True, "recorded_at": AGREED, "arrived_on": DAY}
    make(warehouse, "core.consent", [{"customer_id": one, **agreed} for one in ids])
    _offers(warehouse, people)


def _contacts(one: Person) -> Iterator[Row]:
    for kind, value in (("email", one.email), ("phone", one.phone)):
        if value is not None:
            own = {"customer_id": one.customer_id, "record_id": one.customer_id, "updated_at": LONG_AGO}
            yield {**own, "kind": kind, "value": value, "value_normalised": value.strip().lower()}


def _offers(warehouse: Warehouse, people: Sequence[Person]) -> None:
    offer = {"offer_id": "points", "template_id": "points", "campaign_id": "summer", "kind": "points"}
    facts = {"is_price_cut": False, "is_age_restricted": False, "customer_value_minor": 200, "target_kind": "basket"}
    text = {"text_en": "Shop and get 500 points.", "text_lv": "Iepērcies.", "text_ru": "Купите."}
    make(warehouse, "offers.catalogue", [{**offer, **facts, **text}])
    given = {"offer_id": "points", "campaign_id": "summer", "wave_id": "summer:2026-06-30", "channel": "email"}
    cost = {"cost_minor": 100, "worst_cost_minor": 200, "value_minor": 300}
    choice = {True: {"group_name": "choose", **given, **cost}, False: {"group_name": "choose"}}
    decisions = [{"customer_id": one.customer_id, **choice[one.told]} for one in people]
    make(warehouse, "offers.decision", decisions)
    limit = {"limit_name": "budget", "counted": "money", "measure": "cost", "period_on": DAY, "scope_count": 0}
    make(warehouse, "offers.written_limit", [{**limit, "cap": 100 * len(people)}])


def steps(warehouse: Warehouse, run: Run) -> Iterator[str]:
    """Perform the steps between scoring and publishing one by one, naming each before it is done."""
    python = {
        "offers.address_key": address_keys.write_addresses,
        "offers.suppression_key": address_keys.write_suppressions,
        "offers.phone_number": phone_numbers.write,
    }
    for name, step in python.items():
        yield name
        step(warehouse, run)
    for table in TABLES:
        yield table
        warehouse.replace_table(table, sqlfiles.read(table).text, run.parameters)
    yield last_check.TABLE
    last_check.listen(warehouse, run)
    for table in last_check.VERDICTS:
        yield table
        warehouse.replace_table(table, sqlfiles.read(table).text, run.parameters)


@contextmanager
def night(folder: Path, people: Sequence[Person], settings: str = SETTINGS) -> Iterator[tuple[Warehouse, Run]]:
    """Yield a warehouse in memory with the night of these people, and its run."""
    with Warehouse.open() as warehouse:
        fill(warehouse, people)
        yield warehouse, make_run(folder, settings=settings)


def judged(warehouse: Warehouse, run: Run) -> dict[str, str]:
    """Perform all steps and the last check; return customer -> rules of those who are not told."""
    for _ in steps(warehouse, run):
        pass
    last_check.refresh(warehouse, run)
    sql = (
        "select customer_id, string_agg(rule, ',' order by rule) from offers.message_verdict "
        "inner join offers.message using (offer_key) group by customer_id"
    )
    return dict(warehouse.rows(sql))


def land(run: Run, source: str, rows: Sequence[Sequence[str]], name: str = "", on: str = "2026-07-01") -> Path:
    """Write a file of the source as the shop would, after the night was loaded."""
    return bring(run.shop.landing, source, rows, name, on)


def bring(landing: Path, source: str, rows: Sequence[Sequence[str]], name: str = "", on: str = "2026-07-01") -> Path:
    """Write a file of the source into a landing folder."""
    headers = {
        "complaints": ("complaint_id", "customer_id", "opened_at", "closed_at"),
        "consents": ("customer_id", "channel", "purpose", "is_granted", "recorded_at"),
        "customers": ("customer_id", "registered_at", "language", "status"),
        "suppressions": ("kind", "value", "reason"),
        "withdrawals": ("withdrawal_id", "customer_id", "offer_id", "reason"),
    }
    path = landing / source / f"{source}_{on}{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    csvfile.write(path, headers[source], rows)
    return path


def refusal(customer: str, channel: str = "email", purpose: str = "offers", granted: str = "false") -> tuple[str, ...]:
    """Return a row of consents, said in the morning after the night."""
    return (customer, channel, purpose, granted, "2026-07-01T05:00:00Z")


def account(customer: str, status: str, registered_at: str = "2025-01-01T00:00:00Z") -> tuple[str, ...]:
    """Return a row of customers."""
    return (customer, registered_at, "en", status)


def complaint(customer: str, closed_at: str = "") -> tuple[str, ...]:
    """Return a row of complaints: open unless it was settled."""
    return (f"k-{customer}", customer, "2026-06-01T05:00:00Z", closed_at)
