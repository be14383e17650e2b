"""The gate of a stage: a broken critical promise stops the night with its results kept; a warning is only told."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from offermill import gates, paths, settings
from offermill.flows import Flow, Stage, Step
from offermill.paths import ShopPaths
from offermill.run import Run, as_of
from offermill.settings import Settings
from offermill.warehouse import Warehouse

DAY = date(2026, 6, 30)
SETTINGS = Settings(
    shop=settings.ShopSettings(id="test", name="Test", time_zone="Europe/Riga"),
    randomisation=settings.RandomisationSettings(salt="a salt for tests"),
    sources={},
)
RFM = """grain: one row per customer
key: [customer_id]
columns:
  customer_id: {type: varchar, meaning: The person.}
  order_count: {type: bigint, meaning: Orders.}
  note: {type: varchar, meaning: Anything.}
checks:
  - {type: expect_column_values_to_be_between, kwargs: {column: order_count, min_value: 1}, severity: critical}
  - {type: expect_column_values_to_not_match_regex, kwargs: {column: note, regex: "[<>]"}, severity: warning}
"""
ORDERS = """grain: one row per order
kind: event
key: [order_id]
columns:
  order_id: {type: id, meaning: Receipt.}
  ordered_at: {type: timestamp, meaning: When.}
checks:
  - type: unexpected_rows_expectation
    kwargs:
      unexpected_rows_query: select * from {batch} where ordered_at >= $as_of
      description: No order is of the future.
    severity: critical
"""


def run_of(folder: Path, day: date = DAY) -> Run:
    return Run(day, as_of(day, SETTINGS), ShopPaths(folder), SETTINGS, "0" * 64)


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with Warehouse.open() as opened:
        yield opened


def promise(root: Path, address: str, text: str) -> None:
    schema, table = address.split(".")
    (root / schema).mkdir(exist_ok=True)
    (root / schema / f"{table}.yml").write_text(text, encoding="utf-8")


def customers(warehouse: Warehouse, rows: str) -> None:
    warehouse.replace_table(
        "features.customer_rfm",
        f"select * replace (note::varchar as note) from (values {rows}) as row(customer_id, order_count, note)",
    )


def results(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.rows(
        """
        select table_name, check_index, column_name, severity, is_success, observed, unexpected_count, element_count,
            description, source
        from meta.check_result order by table_name, check_index
        """
    )


def test_every_result_is_kept_and_all_is_well(warehouse: Warehouse, tmp_path: Path) -> None:
    promise(tmp_path, "features.customer_rfm", RFM)
    customers(warehouse, "('c1', 2, 'x'), ('c2', 1, null)")
    summary = gates.check(warehouse, run_of(tmp_path), schema="features", root=tmp_path)
    where = "expectations/features/customer_rfm.yml"
    assert summary == {"checks": 4, "critical_failed": 0, "warnings": 0, "message": "", "not_checked": []}
    assert results(warehouse) == [
        ("customer_rfm", 0, "customer_id", "critical", True, None, 0, 2, "customer_id is unique", f"{where}:2"),
        ("customer_rfm", 1, "customer_id", "critical", True, None, 0, 2, "customer_id is given", f"{where}:2"),
        ("customer_rfm", 2, "order_count", "critical", True, None, 0, 2, "order_count is at least 1", f"{where}:8"),
        ("customer_rfm", 3, "note", "warning", True, None, 0, 2, "note does not match [<>]", f"{where}:9"),
    ]


def test_a_broken_critical_promise_names_table_rows_place_and_first_row(warehouse: Warehouse, tmp_path: Path) -> None:
    promise(tmp_path, "features.customer_rfm", RFM)
    customers(warehouse, "('c1', 2, 'x'), ('c17', 0, null), ('c18', -1, null), ('c1', 3, null)")
    summary = gates.check(warehouse, run_of(tmp_path), schema="features", root=tmp_path)
    assert (summary["critical_failed"], summary["message"]) == (
        2,
        'features.customer_rfm: 2 rows break "customer_id is unique" (expectations/features/customer_rfm.yml:2); '
        "first: customer_id=c1, row_count=2.\n"
        'features.customer_rfm: 2 rows break "order_count is at least 1" (expectations/features/customer_rfm.yml:8); '
        "first: customer_id=c17, order_count=0.\n"
        "The night stopped; nothing was published.",
    )


def test_a_broken_warning_is_told_and_stops_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    promise(tmp_path, "features.customer_rfm", RFM)
    customers(warehouse, "('c1', 2, '<script>alert(1)</script>'), ('c2', 2, 'x')")
    summary = gates.check(warehouse, run_of(tmp_path), schema="features", root=tmp_path)
    assert (summary["critical_failed"], summary["warnings"]) == (0, 1)
    assert summary["message"] == (
        'features.customer_rfm: 1 row breaks "note does not match [<>]" (expectations/features/customer_rfm.yml:9); '
        "first: customer_id=c1, note=<script>alert(1)</script>."
    )


def test_values_are_kept_as_data_on_one_short_line(warehouse: Warehouse, tmp_path: Path) -> None:
    promise(tmp_path, "features.customer_rfm", RFM)
    customers(warehouse, "('c1', 2, E'<b>\\n2026-06-30 ERROR forged'), ('c2', 2, 'x')")
    gates.check(warehouse, run_of(tmp_path), schema="features", root=tmp_path)
    assert results(warehouse)[3][5] == "customer_id=c1, note=<b>\\x0a2026-06-30 ERROR forged"
    customers(warehouse, "('c1', 2, '<' || repeat('x', 500)), ('c2', 2, 'x')")
    gates.check(warehouse, run_of(tmp_path), schema="features", root=tmp_path)
    assert results(warehouse)[3][5] == "customer_id=c1, note=<" + "x" * 59 + "..."


def test_personal_values_are_not_shown(warehouse: Warehouse, tmp_path: Path) -> None:
    promise(tmp_path, "features.customer_rfm", RFM.replace("Anything.}", "Anything., is_personal: true}"))
    customers(warehouse, "('c1', 2, '<anna@example.org>')")
    gates.check(warehouse, run_of(tmp_path), schema="features", root=tmp_path)
    assert results(warehouse)[3][5] == "customer_id=c1, note=(hidden)"


def test_a_promise_about_the_whole_table_tells_what_was_found(warehouse: Warehouse, tmp_path: Path) -> None:
    line = "  - {type: expect_column_sum_to_be_between, kwargs: {column: order_count, max_value: 2}}\n"
    promise(tmp_path, "features.customer_rfm", RFM + line)
    customers(warehouse, "('c1', 2, 'x'), ('c2', 1, 'x')")
    assert gates.check(warehouse, run_of(tmp_path), schema="features", root=tmp_path)["message"] == (
        'features.customer_rfm: breaks "the sum of order_count is at most 2" '
        "(expectations/features/customer_rfm.yml:10); found: 3.\n"
        "The night stopped; nothing was published."
    )


def test_a_second_run_replaces_its_own_results_only(warehouse: Warehouse, tmp_path: Path) -> None:
    promise(tmp_path, "features.customer_rfm", RFM)
    promise(tmp_path, "segments.inert", RFM)
    customers(warehouse, "('c1', 0, 'x')")
    warehouse.replace_table("segments.inert", "select * from features.customer_rfm")
    for day in (date(2026, 6, 29), DAY):
        for schema in ("features", "segments"):
            gates.check(warehouse, run_of(tmp_path, day), schema=schema, root=tmp_path)
    customers(warehouse, "('c1', 1, 'x')")
    gates.check(warehouse, run_of(tmp_path), schema="features", root=tmp_path)
    sql = """
        select business_date::varchar, schema_name, count(*), count(*) filter (not is_success)
        from meta.check_result group by all order by all
    """
    assert warehouse.rows(sql) == [
        ("2026-06-29", "features", 4, 1),
        ("2026-06-29", "segments", 4, 1),
        ("2026-06-30", "features", 4, 0),
        ("2026-06-30", "segments", 4, 1),
    ]


def test_a_table_that_was_not_made_is_named(warehouse: Warehouse, tmp_path: Path) -> None:
    promise(tmp_path, "features.customer_rfm", RFM)
    summary = gates.check(warehouse, run_of(tmp_path), schema="features", root=tmp_path)
    assert (summary["checks"], summary["not_checked"]) == (0, ["features.customer_rfm"])
    assert results(warehouse) == []


def deliver(warehouse: Warehouse, *rows: tuple[str, str, str]) -> None:
    """Put orders (id, ordered at, delivered on) into raw.orders."""
    values = ", ".join(f"('{id_}', timestamp '{at}', date '{on}')" for id_, at, on in rows)
    warehouse.replace_table(
        "raw.orders", f"select * from (values {values}) as row(order_id, ordered_at, _delivered_on)"
    )


def stopped(warehouse: Warehouse, folder: Path, day: date) -> int:
    return int(str(gates.check(warehouse, run_of(folder, day), schema="raw", root=folder)["critical_failed"]))


def checked_rows(warehouse: Warehouse) -> list[tuple[str, int]]:
    sql = "select business_date::varchar, element_count from meta.check_result where check_index = 0 order by all"
    return warehouse.rows(sql)


def test_of_a_raw_table_only_what_no_night_let_pass_is_checked(warehouse: Warehouse, tmp_path: Path) -> None:
    promise(tmp_path, "raw.orders", ORDERS)
    history = ("o1", "2026-06-01 08:00:00", "2026-06-28"), ("o2", "2026-06-02 08:00:00", "2026-06-28")
    bad = ("o3", "2031-01-01 08:00:00", "2026-06-29")
    good = ("o4", "2026-06-30 08:00:00", "2026-06-30")
    deliver(warehouse, *history, bad, good)
    days = [date(2026, 6, day) for day in (28, 29, 30)]
    assert [stopped(warehouse, tmp_path, day) for day in days] == [0, 1, 1]
    # The night of the 30th looks at the 29th again: no night has let it pass.
    assert checked_rows(warehouse) == [("2026-06-28", 2), ("2026-06-29", 1), ("2026-06-30", 2)]
    deliver(warehouse, *history, ("o3", "2026-06-29 08:00:00", "2026-06-29"), good)
    assert [stopped(warehouse, tmp_path, day) for day in days] == [0, 0, 0]
    assert checked_rows(warehouse) == [("2026-06-28", 2), ("2026-06-29", 1), ("2026-06-30", 1)]


def test_a_source_that_delivered_nothing_tonight_is_not_checked(warehouse: Warehouse, tmp_path: Path) -> None:
    line = "  - {type: expect_table_row_count_to_be_between, kwargs: {min_value: 1}, severity: critical}\n"
    promise(tmp_path, "raw.orders", ORDERS + line)
    deliver(warehouse, ("o1", "2026-06-01 08:00:00", "2026-06-29"))
    assert stopped(warehouse, tmp_path, date(2026, 6, 29)) == 0
    summary = gates.check(warehouse, run_of(tmp_path), schema="raw", root=tmp_path)
    assert (summary["critical_failed"], summary["not_checked"]) == (0, ["raw.orders"])


def test_a_failed_gate_stops_the_night_and_keeps_its_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from offermill import night
    from offermill.errors import GateError

    promise(tmp_path, "features.customer_rfm", RFM)
    monkeypatch.setattr(gates.check, "__kwdefaults__", {"root": tmp_path})
    (tmp_path / "shop.yml").write_text(
        "shop: {id: test, name: Test, time_zone: Europe/Riga}\nrandomisation: {salt: a salt for tests}\nsources: {}\n",
        encoding="utf-8",
    )
    with Warehouse.open(ShopPaths(tmp_path).warehouse) as warehouse:
        customers(warehouse, "('c17', 0, null)")
    opened = Step("night.open", "offermill.night:open_night")
    gate = Step("features.checks", "offermill.gates:check", (("schema", "features"),))
    with pytest.raises(GateError) as stop:
        night.perform_flow(Flow("nightly", (Stage("features", (opened, gate)),)), tmp_path, DAY)
    assert str(stop.value) == (
        'features.customer_rfm: 1 row breaks "order_count is at least 1" (expectations/features/customer_rfm.yml:8); '
        "first: customer_id=c17, order_count=0.\n"
        "The night stopped; nothing was published."
    )
    with Warehouse.open(ShopPaths(tmp_path).warehouse) as warehouse:
        assert [row[4] for row in results(warehouse)] == [True, True, False, True]


WATCHED = """
import sys
seen = []
def watch(event, arguments):
    if event == "socket.connect":
        seen.append(f"connects to {arguments[1]}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        seen.append(f"writes {arguments[0]}")
    if event in ("os.mkdir", "subprocess.Popen"):
        seen.append(f"{event} {arguments[0]}")
from offermill import gx
from offermill.expectations import Check
from offermill.warehouse import Warehouse
sys.addaudithook(watch)
with Warehouse.open() as warehouse:
    warehouse.execute("create table t as select 1 as id")
    check = Check("expect_column_values_to_be_null", {"column": "id"}, "critical", "", "")
    with gx.session(warehouse.connection, {}) as session:
        found = session.run("select * from t", [check], key=["id"])
print([one.unexpected_count for one in found], [one for one in seen if "__pycache__" not in one and "/tmp/" not in one])
"""


def test_a_check_connects_to_nothing_and_writes_nothing_at_home(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED],
        cwd=paths.ROOT,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[1] []\n"
    assert list(tmp_path.rglob("*")) == []
