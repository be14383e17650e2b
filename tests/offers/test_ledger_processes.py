"""The ledger and processes: one killed in the middle, eight writers at once."""

from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pytest

from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import catalogue, ledger, ledger_store
from offers.book import LedgerError, Pool
from tests.offers.small_shop import NIGHT, fill, run_of, settings, shop
from tests.offers.test_ledger import CATALOGUE, FACTORS, TWO


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_process_that_dies_around_the_commit_leaves_all_or_nothing(tmp_path: Path, place: str) -> None:
    run, file = run_of(tmp_path, CATALOGUE), tmp_path / "warehouse.duckdb"
    with Warehouse.open(file) as warehouse, shop({}) as template:
        for address in ("core.customer", "segments.membership", "models.offer_effect", "core.product", "core.category",
                        "core.purchase_line"):  # fmt: skip
            warehouse.write(address, template.arrow(f"select * from {address}"))
        catalogue.load_catalogue(warehouse, run)
        fill(warehouse, "offers.cost_factor", FACTORS)
        fill(warehouse, "offers.decision", TWO)
    _in_process(_reserve_and_die, file, run, place)

    with Warehouse.open(file) as warehouse:
        found = warehouse.value("select count(*) from offers.ledger_entry")
        with warehouse.transaction():
            ledger.reserve_night(warehouse, run)
        assert found == (0 if place == "before" else 7)
        assert warehouse.value("select count(*) from offers.ledger_entry") == 7


def _reserve_and_die(file: Path, run: Run, place: str) -> None:
    with Warehouse.open(file) as warehouse:
        if place == "after":
            warehouse.execute("set debug_checkpoint_abort = 'before_truncate'")
        warehouse.connection.begin()
        ledger.reserve_night(warehouse, run)
        if place == "after":
            warehouse.connection.commit()
            with pytest.raises(duckdb.Error):
                warehouse.execute("checkpoint")
        _die()


def _die() -> None:
    import os

    os._exit(1)


def _in_process(call: object, *arguments: object) -> None:
    process = get_context("fork").Process(target=call, args=arguments)  # type: ignore[arg-type]
    process.start()
    process.join(60)
    assert process.exitcode == 1


POOL = Pool("budget", NIGHT)
EACH, MOST = 30, 1000


def _write(file: Path, writer: int, run: Run) -> None:
    """Reserve 5 promises, each in a transaction of its own, until the pool refuses; wait for the lock meanwhile."""
    for number in range(5):
        with Warehouse.open(file, wait_seconds=30) as warehouse, warehouse.transaction():
            book = ledger_store.load(warehouse)
            try:
                movements = book.reserve({f"w{writer}-{number}": {POOL: EACH}}, {POOL: MOST}, "decided")
            except LedgerError:
                return
            ledger_store.append(warehouse, run, "decision", movements)


def test_eight_writers_at_once_never_overspend(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    run = Run(NIGHT, datetime(2026, 6, 30, 21), None, settings(), "0" * 64)  # type: ignore[arg-type]
    context = get_context("fork")
    writers = [context.Process(target=_write, args=(file, number, run)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)

    with Warehouse.open(file) as warehouse:
        balance = ledger_store.load(warehouse).pools[POOL]
        sequences = warehouse.rows("select sequence from offers.ledger_entry order by sequence")

    # 8 x 5 x 30 = 1,200 were wanted; 33 x 30 = 990 fit into 1,000.
    assert [writer.exitcode for writer in writers] == [0] * 8
    assert (balance.reserved, balance.free) == (990, 10)
    assert sequences == [(number,) for number in range(1, 34)]
