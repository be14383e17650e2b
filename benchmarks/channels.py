"""Seconds, CPU seconds, peak memory, files and bytes of every channel's export, for a list of a million people.

    PYTHONPATH=. .venv/bin/python benchmarks/channels.py [--rows 1000000] [--targets generic klaviyo ...]

The messages are made in DuckDB: hostile names, three languages, thirty offers, one in a hundred taken back. Each target
runs in a process of its own, so that its peak memory is its own; seconds are those of its block alone: messages chosen,
key and cells checked, files written and their SHA-256 taken, as publish.exports does.
"""

import argparse
import resource
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time

from rich.console import Console
from rich.table import Table

from offermill import datapackage, expectations
from offermill.run import Run
from offermill.settings_channels import ChannelSettings
from offermill.warehouse import Warehouse, quoted
from offers.channels import handover, registry

DAY = date(2026, 6, 30)
SHOP = """\
shop: {id: bench, name: Bench, time_zone: Europe/Riga}
randomisation: {salt: a salt for benchmarks}
sources: {}
"""
STORES, OFFERS, ENDED = 50, 30, 100

_PEOPLE = """
    select
        i,
        'c' || lpad(i::varchar, 8, '0') as customer_id,
        'person' || i || '@example.org' as email,
        '+3712' || lpad(i::varchar, 7, '0') as phone,
        ['Jānis "J"', 'Анна', '=1+1', 'Līga 🎁', 'O''Liepa, jr'][i % 5 + 1] as first_name,
        ['Bērziņa', 'Кузнецова', 'Ķirsis-Šķēle'][i % 3 + 1] as last_name,
        's' || i % $stores as home_store_id,
        ['lv', 'ru', 'en'][i % 3 + 1] as language
    from range($rows) as people (i)
"""

_MESSAGES = """
    select
        upper(substr(sha256(i::varchar), 1, 24)) as offer_key,
        customer_id, 'summer' as campaign_id, 'summer:' || $day as wave_id, 'offer-' || i % $offers as offer_id,
        case when i % $ended = 0 then 'withdrawn' else 'offered' end as offer_status, 'email' as channel, language,
        case when i % $ended > 0 then [
            'Līdz 2026. gada 28. jūlijam iepērcieties un saņemiet 5% atlaidi pirkumam, ne vairāk kā 20,00 €.',
            'До 28 июля 2026 г. сделайте покупку и получите скидку 5 %, не более 20,00 €.',
            'Shop until 28 July 2026 and get 5% off your purchase, at most €20.00.'
        ][i % 3 + 1] end as offer_text,
        case when i % $ended > 0 then 200 + i % 1000 end as value_minor, 'percent' as kind, 5 as depth_pct,
        date '2026-07-01' as valid_from, date '2026-07-28' as valid_until,
        'AAAA-' || lpad(i::varchar, 8, '0') as code, email, phone, first_name, last_name, home_store_id,
        'Personalised by automated decision-making.' as price_notice,
        'Show the code at the till or enter it at the online checkout.' as how_to_use, cast(null as varchar) as terms,
        'https://shop.example/terms' as terms_url, date '2026-06-30' as promised_on
    from people
"""

_CATALOGUE = """
    select
        'offer-' || i as offer_id, 'offer' as template_id, 'summer' as campaign_id, 'percent' as kind,
        'basket' as target_kind, 5 as depth_pct, date '2026-07-01' as valid_from, date '2026-07-28' as valid_until,
        'email' as channels, 500 as max_cost_minor, 2000 as max_discount_minor, 200 as customer_value_minor,
        true as is_price_cut, 'Shop.' as text_en, 'Pērc.' as text_lv, 'Купи.' as text_ru
    from range($offers) as offers (i)
"""

# Every table that a target reads; those without a query are empty.
_TABLES = {
    "offers.allowed_message": _MESSAGES,
    "offers.addressee": "select customer_id, email, phone, first_name, last_name, home_store_id, language from people",
    "offers.ad_permission": "select customer_id, true as may_match_email, true as may_match_phone from people",
    "offers.catalogue": _CATALOGUE,
    "core.store": "select 's' || i as store_id, 'Store ' || i as store_name from range($stores) as stores (i)",
    "core.customer": "select customer_id, language, home_store_id from people",
    "core.credit": None,
    "core.redemption": None,
    "offers.decision_history": None,
    "offers.ledger_entry": None,
    "offers.reservation": None,
    "offers.withdrawn_promise": None,
    "segments.membership": None,
}


def make(path: Path, rows: int) -> None:
    """Write the warehouse with the messages."""
    parameters = {"rows": rows, "stores": STORES, "offers": OFFERS, "ended": ENDED, "day": DAY.isoformat()}
    with Warehouse.open(path) as warehouse:
        warehouse.execute(f"create temp table people as {_PEOPLE}", parameters)
        for address, select in _TABLES.items():
            columns = expectations.load(address).columns.values()
            body = ", ".join(f"{quoted(column.name)} {column.type}" for column in columns)
            warehouse.execute(f"create schema if not exists {address.split('.')[0]}")
            warehouse.execute(f"create table {quoted(address)} ({body})")
            if select:
                warehouse.execute(f"insert into {quoted(address)} by name {select}", parameters)


def export(folder: Path, target: str) -> tuple[float, float, float, float, int, int]:
    """Return seconds, CPU seconds, GiB of the process before and at its peak, files and bytes of a target's export."""
    (folder / "shop.yml").write_text(SHOP, encoding="utf-8")
    run = Run.of(folder, DAY)
    needed = {name: "x" for name, standing, _ in registry.targets()[target].options if standing is None}
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    with Warehouse.open(folder / "warehouse.duckdb") as warehouse:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        started, worked = perf_counter(), process_time()
        block = ChannelSettings(target=target, options=needed)
        resources, _ = handover.write_block(warehouse, run, out, "bench", block)
        paths = [out / one.path for one in resources if one.path.startswith(handover.FOLDER)]
        for path in paths:
            datapackage.sha256(path)
        seconds, cpu = perf_counter() - started, process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return seconds, cpu, before, peak, len(paths), sum(path.stat().st_size for path in paths)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--targets", nargs="*", default=list(registry.targets()))
    chosen = parser.parse_args()
    table = Table(
        "target", "s", "CPU s", "rows/CPU s", "GiB before", "peak GiB", "files", "MB", title=f"{chosen.rows:,} messages"
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make(folder / "warehouse.duckdb", chosen.rows)
        for target in chosen.targets:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                seconds, cpu, before, peak, files, size = pool.submit(export, folder, target).result()
            rate = f"{chosen.rows / cpu:,.0f}"
            figures = (
                f"{seconds:.1f}",
                f"{cpu:.1f}",
                rate,
                f"{before:.2f}",
                f"{peak:.2f}",
                f"{files:,}",
                f"{size / 1e6:,.0f}",
            )
            table.add_row(target, *figures)
            print(target, *figures, flush=True)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
