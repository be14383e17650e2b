"""One person under three ids with one refusal; a program that looks at a million pages."""

from datetime import date
from pathlib import Path

from features.identity import link_persons
from offermill import businessday, settings, sqlfiles
from offermill.ingest import contracts
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


def make(warehouse: Warehouse, *addresses: str) -> None:
    """Make tables as the night would."""
    for address in addresses:
        warehouse.replace_table(address, sqlfiles.read(address).text, RUN.parameters)


def deliver(warehouse: Warehouse, source: str, values: str, columns: str) -> None:
    """Fill raw.<source> of the first load from a `values` list or a select."""
    warehouse.execute("create schema if not exists raw")
    body = ", ".join(f"{name} {kind}" for name, kind in contracts.load(source).raw_columns.items())
    warehouse.execute(f"create table raw.{source} ({body})")
    warehouse.execute(
        f"insert into raw.{source} by name select *, true as _is_history, 'f' as _file, 1 as _line "
        f"from ({values}) as given ({columns})"
    )


def test_one_refusal_reaches_all_three_ids_of_a_person() -> None:
    with Warehouse.open() as warehouse:
        records = (
            "values ('app', timestamp '2025-01-01'), ('card', timestamp '2024-01-01'), ('web', timestamp '2026-01-01')"
        )
        deliver(warehouse, "customers", records, "customer_id, registered_at")
        contacts = """
            values ('app', 'email', 'Anna@Example.lv'), ('card', 'email', ' anna@example.LV'),
                ('card', 'phone', '20 12 34 56'), ('web', 'phone', '+371 20123456')"""
        deliver(warehouse, "contacts", contacts, "customer_id, kind, value")
        consents = """
            values ('app', true, timestamp '2026-01-01'), ('card', true, timestamp '2026-03-01'),
                ('web', false, timestamp '2026-02-01')"""
        deliver(
            warehouse,
            "consents",
            f"select *, 'email' as channel, 'offers' as purpose from ({consents})",
            "customer_id, is_granted, recorded_at, channel, purpose",
        )
        make(warehouse, "staging.customers", "staging.contacts", "staging.consents")
        summary = link_persons(warehouse, RUN)
        make(warehouse, "core.consent")

        assert summary["person_count"] == 1
        # The card's later "yes" is not the website's: the person gets nothing until that record says yes again.
        assert warehouse.rows("select customer_id, is_granted from core.consent order by recorded_at") == [
            ("card", True),
            ("card", False),
            ("card", False),
        ]


def test_a_program_is_flagged_and_none_of_its_million_events_is_used() -> None:
    events = 1_000_000
    with Warehouse.open() as warehouse:
        views = f"""
            select 'bot-' || n, 'bot', timestamp '2026-06-01' + to_seconds(n % 80000), 'view'
            from range({events}) as numbers (n)
            union all
            values ('e1', 'human', timestamp '2026-06-01 10:00:00', 'view')"""
        deliver(warehouse, "browsing_events", views, "event_id, visitor_id, occurred_at, kind")
        deliver(warehouse, "products", "select 'p1'", "product_id")
        make(warehouse, "staging.products", "staging.browsing_events", "core.product")
        make(warehouse, "core.bot_visitor", "core.browsing_event")

        assert warehouse.rows("select visitor_id, sum(event_count)::bigint from core.bot_visitor group by all") == [
            ("bot", events)
        ]
        assert warehouse.rows("select event_id from core.browsing_event") == [("e1",)]
