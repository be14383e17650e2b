"""Edges between tables are read from the SQL; every file is one select that names only known parameters."""

from pathlib import Path

import pytest

from offermill import paths, sqlfiles
from offermill.errors import ConfigError

ALL = [f"{path.parent.name}.{path.stem}" for path in sorted(paths.SQL.glob("*/*.sql"))]


@pytest.fixture
def sql_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "SQL", tmp_path)
    sqlfiles.read.cache_clear()
    yield tmp_path
    sqlfiles.read.cache_clear()


def write(folder: Path, address: str, text: str) -> None:
    schema, table = address.split(".")
    (folder / schema).mkdir(exist_ok=True)
    (folder / schema / f"{table}.sql").write_text(text, encoding="utf-8")


def test_a_file_tells_what_it_reads_and_names(sql_folder: Path) -> None:
    write(
        sql_folder,
        "core.b",
        "-- b\nwith a as (select * from core.a where x < $as_of) select * from a join raw.c on true",
    )
    found = sqlfiles.read("core.b")
    assert found.reads == {"core.a", "raw.c"}
    assert found.parameters == {"as_of"}


def test_tables_come_after_those_they_read(sql_folder: Path) -> None:
    write(sql_folder, "core.a", "select * from core.z")
    write(sql_folder, "core.m", "select 1 as x")
    write(sql_folder, "core.z", "select * from raw.t")
    assert sqlfiles.tables("core") == ["core.m", "core.z", "core.a"]


def test_a_circle_is_named(sql_folder: Path) -> None:
    write(sql_folder, "core.a", "select * from core.b")
    write(sql_folder, "core.b", "select * from core.a")
    with pytest.raises(
        ConfigError, match=r"^tables read one another in a circle: core\.[ab] -> core\.[ab] -> core\.[ab]$"
    ):
        sqlfiles.tables("core")


def test_more_than_one_statement_is_refused(sql_folder: Path) -> None:
    write(sql_folder, "core.a", "select 1; drop table core.b")
    with pytest.raises(ConfigError, match=r"^sql/core/a\.sql: must hold exactly one select\.$"):
        sqlfiles.read("core.a")


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^core\.nothing: there is no sql/core/nothing\.sql\.$"):
        sqlfiles.read("core.nothing")


def test_there_are_tables() -> None:
    assert len(ALL) > 50


@pytest.mark.parametrize("address", ALL)
def test_the_first_line_says_what_one_row_is(address: str) -> None:
    assert sqlfiles.path_of(address).read_text(encoding="utf-8").startswith(f"-- {address}: ")


@pytest.mark.parametrize("address", ALL)
def test_no_table_reads_a_clock(address: str) -> None:
    text = sqlfiles.read(address).text.lower()
    assert not [word for word in ("now()", "current_date", "today()", "current_timestamp", "random()") if word in text]


@pytest.mark.parametrize("address", ALL)
def test_every_table_has_its_promises(address: str) -> None:
    schema, table = address.split(".")
    assert (paths.EXPECTATIONS / schema / f"{table}.yml").is_file()


@pytest.mark.parametrize("address", ALL)
def test_a_stage_reads_only_what_comes_before_it(address: str) -> None:
    order = ["raw", "staging", "core", "features", "segments", "models", "offers", "outcomes"]
    schema = address.split(".")[0]
    later = [
        read
        for read in sqlfiles.read(address).reads
        if read.split(".")[0] in order and order.index(read.split(".")[0]) > order.index(schema)
        # Histories hold earlier nights; the catalogue is read before any model speaks of its offers.
        if not read.endswith("_history") and read != "offers.catalogue"
    ]
    assert later == []
