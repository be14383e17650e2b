"""The warehouse has one writer, binds its parameters, and either keeps a step whole or not at all."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from offermill.errors import WarehouseError
from offermill.warehouse import Warehouse, quoted, used_parameters


def replace_then_fail(warehouse: Warehouse) -> None:
    warehouse.replace_table("core.thing", "select 2 as id")
    warehouse.execute("select cast('x' as integer)")


def test_only_named_parameters_are_passed() -> None:
    assert used_parameters("select $a, $b_c", {"a": 1, "b_c": 2, "d": 3}) == {"a": 1, "b_c": 2}


def test_a_table_is_replaced_from_a_select() -> None:
    with Warehouse.open() as warehouse:
        assert warehouse.replace_table("core.thing", "select 1 as id union all select 2", {}) == 2
        assert warehouse.replace_table("core.thing", "select $x as id", {"x": 7, "unused": 8}) == 1
        assert warehouse.rows("select * from core.thing") == [(7,)]
        assert warehouse.columns("core.thing") == {"id": "integer"}


def test_arrow_goes_in_and_comes_out() -> None:
    table = pa.table({"name": ["Jānis", "Анна"], "count": pa.array([1, 2], pa.int64())})
    with Warehouse.open() as warehouse:
        assert warehouse.write("core.person", table) == 2
        assert warehouse.append("core.person", table.select(["count", "name"])) == 2
        assert warehouse.arrow("select * from core.person order by count, name limit 2") == pa.table(
            {"name": ["Jānis", "Jānis"], "count": pa.array([1, 1], pa.int64())}
        )


def test_a_failed_transaction_leaves_nothing() -> None:
    with Warehouse.open() as warehouse:
        warehouse.replace_table("core.thing", "select 1 as id")
        with pytest.raises(duckdb.ConversionException), warehouse.transaction():
            replace_then_fail(warehouse)
        assert warehouse.rows("select id from core.thing") == [(1,)]


def test_a_missing_table_does_not_exist() -> None:
    with Warehouse.open() as warehouse:
        assert not warehouse.exists("core.nothing")


def test_names_are_quoted() -> None:
    assert quoted('core.a"b') == '"core"."a""b"'


def test_nothing_is_loaded_behind_our_back() -> None:
    with Warehouse.open() as warehouse:
        assert warehouse.rows("select current_setting('autoinstall_known_extensions')") == [(False,)]


def test_a_second_process_is_refused_with_the_holder_named(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with Warehouse.open(path) as warehouse:
        warehouse.execute("select 1")
        code = (
            "import sys; from pathlib import Path; from offermill.warehouse import Warehouse\n"
            "from offermill.errors import WarehouseError\n"
            "try:\n    Warehouse.open(Path(sys.argv[1])).__enter__()\n"
            "except WarehouseError as problem:\n    print(problem)\n"
        )
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("warehouse.duckdb: held by process ")
    assert "the warehouse has one writer. Wait for it to end, or end it, and run again." in done.stdout


def test_a_file_that_is_no_warehouse_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(b"this is not a database, but it is long enough to be read as one" * 100)
    with pytest.raises(WarehouseError, match=r"^warehouse\.duckdb: cannot be opened: "):
        Warehouse.open(path).__enter__()
