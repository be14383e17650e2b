"""Time and memory of every step of the stage `outcomes`: `python -m benchmarks.outcomes_scale --customers 200000`.

The tables that the stage reads are made by SQL, no nights are run: per customer ten orders in a year, four draws in
half a year (one in seven left alone, six offers a lot could have named), 28 nights of decisions, and the promises,
redemptions, consents and answers that go with them. Every step runs in a process of its own; its highest resident
memory is printed with the seconds on the clock and of the processor.
"""

import argparse
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from offermill import expectations, flows, paths, sqlfiles
from offermill.flows import Step
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.settings import RandomisationSettings, Settings, ShopSettings
from offermill.warehouse import Warehouse

DAY = date(2026, 6, 30)
# Table -> the select that fills it; $n customers. A hash stands for a lot, so that every run makes the same rows.
TABLES = {
    "core.customer": "select 'c' || i as customer_id, timestamp '2025-01-01' as registered_at from range($n) as t(i)",
    "core.person_link": "select 'c' || i as record_id, 'c' || i as customer_id from range($n) as t(i)",
    "staging.audit_attributes": """
        select 'c' || i as customer_id, 'sex' as attribute, case when i % 2 = 0 then 'female' else 'male' end as value,
            date '0001-01-01' as arrived_on
        from range($n) as t(i) where hash(i) % 10 < 7""",
    "core.purchase": """
        select 'o' || i || '-' || k as order_id, 'c' || i as customer_id,
            moment as ordered_at, cast(moment as date) as ordered_on, cast(moment as date) as arrived_on,
            2000 + hash(i, k) % 4000 as net_minor, 500 + hash(i, k) % 900 as margin_minor,
            hash(k, i) % 20 = 0 as is_return
        from (select i, k, timestamp '2025-07-01' + to_seconds(cast(hash(i, k, 1) % 31000000 as bigint)) as moment
              from range($n) as t(i), range(10) as u(k))""",
    "models.evidence_draw": """
        select 'c' || i as customer_id, 'spring:' || night as wave_id, 'own' as source, 'spring' as campaign_id,
            case when is_held then 'control' else 'offer-' || pick end as arm,
            case when not is_held then 'offer-' || pick end as offer_id, 'email' as channel,
            case when is_held then 0.142 else 0.143 end as propensity,
            1.0 as offer_factor, not is_held as is_exploration,
            cast(night + 1 as timestamp) as assigned_at, night + 1 as assigned_on, night as snapshot_on
        from (select i, date '2026-01-20' + cast(40 * k + hash(i) % 28 as integer) as night,
                     hash(i, k, 2) % 7 = 0 as is_held, hash(i, k, 3) % 6 as pick
              from range($n) as t(i), range(4) as u(k))""",
    "offers.propensity_history": """
        select snapshot_on as business_date, customer_id, wave_id, 'offer-' || k as offer_id, 0.143 as propensity
        from models.evidence_draw, range(6) as u(k)""",
    "segments.history": """
        select snapshot_on as business_date, customer_id, family,
            family || '-' || hash(customer_id, family) % size as segment
        from models.evidence_draw,
            (values ('lifecycle', 7), ('rfm', 8), ('cluster', 6), ('inert', 1)) as families(family, size)
        where size > 1 or hash(customer_id) % 20 = 0""",
    "core.consent": """
        select 'c' || i as customer_id, channel, purpose, true as is_granted, timestamp '2025-01-02' as recorded_at
        from range($n) as t(i), (values ('email'), ('sms')) as channels(channel),
            (values ('offers')) as purposes(purpose)""",
    "offers.catalogue": """
        select 'offer-' || k as offer_id, 'percent' as kind, 300 as customer_value_minor from range(6) as u(k)""",
    "offers.reservation": """
        select snapshot_on || ':' || customer_id || ':' || offer_id as reservation_id, snapshot_on as business_date,
            1 as attempt, customer_id, offer_id, campaign_id, wave_id, assigned_on as valid_from,
            assigned_on + 14 as valid_until
        from models.evidence_draw where offer_id is not null""",
    "offers.decision_history": """
        select date '2026-06-03' + k as business_date, 'c' || i as customer_id, 'choose' as group_name,
            case when hash(i, k) % 40 = 0 then 'chosen' else 'no_positive_value' end as reason,
            case when hash(i, k) % 40 = 0 then 'offer-1' end as offer_id, 'spring' as campaign_id,
            'spring:' || (date '2026-06-03' + k) as wave_id
        from range($n) as t(i), (select cast(range as integer) as k from range(28))""",
    "offers.sent_offer": """
        select reservation_id as offer_key, customer_id, customer_id as promised_to_id, wave_id, campaign_id,
            business_date as wave_on, valid_from as contact_on, offer_id, 'email' as channel, valid_from, valid_until,
            true as is_own
        from offers.reservation""",
    "offers.contact": """
        select customer_id, offer_key as contact_id, contact_on, channel, offer_id, valid_until
        from offers.sent_offer""",
    "offers.contact_answer": """
        select offer_key, contact_on + interval 5 hour as accepted_at, contact_on + interval 6 hour as delivered_at
        from offers.sent_offer""",
    "core.redemption": """
        select 'r' || reservation_id as redemption_id, offer_id, customer_id,
            valid_from + interval 50 hour as redeemed_at, valid_from + 2 as redeemed_on,
            valid_from + 2 as arrived_on, 250 as discount_minor
        from offers.reservation where hash(reservation_id) % 5 = 0""",
    "offers.ledger_entry": """
        select r.reservation_id, 'post' as kind, 'budget' as limit_name, 250 as amount,
            'r' || r.reservation_id as redemption_id, r.valid_from + 2 as business_date
        from offers.reservation as r where hash(r.reservation_id) % 5 = 0""",
    "offers.assignment_group": """
        select 'c' || i as customer_id,
            case when hash(i, 9) % 20 = 0 then 'global_control' else 'choose' end as group_name
        from range($n) as t(i)""",
    "core.survey_answer": """
        select 'a' || i as answer_id, 'c' || i as customer_id, 'nps' as question,
            cast(hash(i, 7) % 11 as bigint) as score, timestamp '2026-06-01' as answered_at,
            date '2026-06-01' as answered_on, date '2026-06-01' as arrived_on
        from range($n) as t(i) where i % 8 = 0""",
}  # fmt: skip


def steps() -> Iterator[Step]:
    """Yield the stage's steps, its gate apart."""
    (stage,) = [stage for stage in flows.nightly().stages if stage.name == "outcomes"]
    yield from stage.steps[:-1]


def fill(folder: Path, customers: int) -> None:
    """Make every table that the stage reads, with its declared columns."""
    declared = {f"{path.parent.name}.{path.stem}" for path in paths.EXPECTATIONS.glob("*/*.yml")}
    made = {step.address for step in steps()}
    with Warehouse.open(ShopPaths(folder).warehouse) as warehouse:
        for address in [*TABLES, *sorted(declared - made - set(TABLES))]:
            schema = address.split(".")[0]
            if schema in ("raw", "meta"):
                continue
            columns = expectations.load(address, paths.EXPECTATIONS).columns.values()
            warehouse.execute(f"create schema if not exists {schema}")
            body = ", ".join(f'"{column.name}" {column.type}' for column in columns)
            warehouse.execute(f"create table {address} ({body})")
            if address in TABLES:
                warehouse.execute(f"insert into {address} by name {TABLES[address].replace('$n', str(customers))}")


def measured(folder: Path, address: str) -> tuple[int, float, float, float]:
    """Run a step here; return its rows, seconds on the clock and of the processor, and this process's peak in MiB."""
    (step,) = [step for step in steps() if step.address == address]
    settings = Settings(
        shop=ShopSettings(id="bench", name="Bench", time_zone="Europe/Riga"),
        randomisation=RandomisationSettings(salt="a salt for benchmarks"),
        sources={},
    )
    run = Run(DAY, datetime(2026, 6, 30, 21), ShopPaths(folder), settings, "0" * 64)
    with Warehouse.open(run.shop.warehouse) as warehouse:
        begun, spent = time.perf_counter(), time.process_time()
        if step.call:
            module, function = step.call.split(":")
            getattr(import_module(module), function)(warehouse, run)
        else:
            warehouse.replace_table(address, sqlfiles.read(address).text, run.parameters)
        clock, processor = time.perf_counter() - begun, time.process_time() - spent
        rows = warehouse.value(f"select count(*) from {address}")
    return int(str(rows)), clock, processor, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print a line per step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=200_000)
    given = parser.parse_args()
    print(
        f"{given.customers:,} customers\n{'step':30}{'rows':>12}{'clock, s':>10}{'processor, s':>14}{'peak, MiB':>11}"
    )
    with TemporaryDirectory() as folder:
        fill(Path(folder), given.customers)
        for step in steps():
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                rows, clock, processor, peak = pool.submit(measured, Path(folder), step.address).result()
            print(f"{step.address:30}{rows:>12,}{clock:>10.1f}{processor:>14.1f}{peak:>11,.0f}", flush=True)


if __name__ == "__main__":
    main()
