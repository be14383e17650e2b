"""Every kind of check, as Great Expectations computes it on DuckDB, against SQL written by hand."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from offermill import gx, wording
from offermill.errors import ConfigError
from offermill.expectations import Check
from offermill.gx import Outcome
from offermill.warehouse import Warehouse

ROWS = """
    select * from (values
        (1, 'a1', 'email', 10,  5, 1.5, 0, 'Anna',           timestamp '2026-06-28 08:00:00'),
        (2, 'a2', 'email', 20, 20, 2.5, 1, 'Ivo',            timestamp '2026-06-29 08:00:00'),
        (3, 'b3', 'phone',  0,  5, 0.5, 1, '<b>Zane</b>',    timestamp '2026-06-30 20:59:59'),
        (4, 'b4', 'phone', 40, 45, 4.5, 2, null,             timestamp '2026-06-30 21:00:00'),
        (5, 'b4', null,    50, 40, 5.5, 2, E'Ivo\\n; drop',  null),
        (6, 'c6', 'post', null, 1, 0.5, 3, '''; drop table', timestamp '2026-07-02 08:00:00')
    ) as line(id, code, channel, net, list, share, half, note, at_time)
"""
AS_OF = datetime(2026, 6, 30, 21)

Promise = tuple[str, dict[str, Any], str]
NIGHT_END = "timestamp '2026-06-30 21:00:00'"
# Promises about rows: expectation, arguments, and hand SQL for the rows that break it.
BY_ROW: list[Promise] = [
    ("expect_column_values_to_not_be_null", {"column": "note"}, "note is null"),
    ("expect_column_values_to_not_be_null", {"column": "id"}, "id is null"),
    ("expect_column_values_to_be_null", {"column": "note"}, "note is not null"),
    (
        "expect_column_values_to_be_unique",
        {"column": "code"},
        "code in (select code from t group by code having count(*) > 1)",
    ),
    ("expect_column_values_to_be_unique", {"column": "id"}, "false"),
    ("expect_compound_columns_to_be_unique", {"column_list": ["code", "id"]}, "false"),
    (
        "expect_compound_columns_to_be_unique",
        {"column_list": ["code", "half"]},
        "(code, half) in (select (code, half) from t group by code, half having count(*) > 1)",
    ),
    ("expect_column_values_to_be_between", {"column": "net", "min_value": 10}, "net < 10"),
    ("expect_column_values_to_be_between", {"column": "net", "min_value": 10, "strict_min": True}, "net <= 10"),
    ("expect_column_values_to_be_between", {"column": "net", "min_value": 0, "max_value": 40}, "net < 0 or net > 40"),
    ("expect_column_values_to_be_between", {"column": "share", "max_value": 4.5}, "share > 4.5"),
    (
        "expect_column_values_to_be_between",
        {"column": "at_time", "max_value": "$as_of", "strict_max": True},
        f"at_time >= {NIGHT_END}",
    ),
    (
        "expect_column_values_to_be_in_set",
        {"column": "channel", "value_set": ["email", "phone"]},
        "channel not in ('email', 'phone')",
    ),
    (
        "expect_column_values_to_not_be_in_set",
        {"column": "code", "value_set": ["b4", "c6"]},
        "code in ('b4', 'c6')",
    ),
    ("expect_column_values_to_match_regex", {"column": "code", "regex": "^[ab]"}, "code[1] not in ('a', 'b')"),
    ("expect_column_values_to_match_regex", {"column": "note", "regex": "o"}, "position('o' in note) = 0"),
    ("expect_column_values_to_not_match_regex", {"column": "note", "regex": "[<>]"}, "note like '%<%'"),
    (
        "expect_column_value_lengths_to_be_between",
        {"column": "note", "min_value": 3, "max_value": 4},
        "length(note) not in (3, 4)",
    ),
    ("expect_column_value_lengths_to_equal", {"column": "note", "value": 4}, "length(note) <> 4"),
    ("expect_column_pair_values_a_to_be_greater_than_b", {"column_A": "net", "column_B": "list"}, "net <= list"),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "net", "column_B": "list", "or_equal": True},
        "net < list",
    ),
    (
        "expect_compound_columns_to_be_unique",
        {"column_list": ["channel", "half"], "ignore_row_if": "any_value_is_missing"},
        "(channel, half) in (select (channel, half) from t where channel is not null group by all having count(*) > 1)",
    ),
    # Here an empty value differs from a given one.
    (
        "expect_column_pair_values_to_be_equal",
        {"column_A": "net", "column_B": "list"},
        "net is distinct from list",
    ),
    (
        wording.ROWS,
        {"unexpected_rows_query": "select * from {batch} where at_time >= $as_of"},
        f"at_time >= {NIGHT_END}",
    ),
    (
        wording.ROWS,
        {"unexpected_rows_query": r"select * from {batch} where not regexp_full_match(code, '[a-z]\d{{2}}')"},
        "length(code) <> 3",
    ),
]
# Promises about the whole table: expectation, arguments, and hand SQL that says whether it is kept.
BY_TABLE: list[Promise] = [
    ("expect_column_to_exist", {"column": "net"}, "true"),
    ("expect_column_to_exist", {"column": "gross"}, "false"),
    (
        "expect_column_distinct_values_to_be_in_set",
        {"column": "channel", "value_set": ["email", "phone"]},
        "bool_and(channel in ('email', 'phone'))",
    ),
    (
        "expect_column_distinct_values_to_contain_set",
        {"column": "channel", "value_set": ["post"]},
        "bool_or(channel = 'post')",
    ),
    (
        "expect_column_distinct_values_to_equal_set",
        {"column": "channel", "value_set": ["email", "phone", "post"]},
        "list(distinct channel order by channel) filter (channel is not null) = ['email', 'phone', 'post']",
    ),
    ("expect_column_min_to_be_between", {"column": "net", "min_value": 1}, "min(net) >= 1"),
    ("expect_column_max_to_be_between", {"column": "net", "max_value": 50}, "max(net) <= 50"),
    ("expect_column_mean_to_be_between", {"column": "net", "min_value": 24, "max_value": 24}, "avg(net) = 24"),
    ("expect_column_median_to_be_between", {"column": "net", "min_value": 20, "max_value": 20}, "median(net) = 20"),
    ("expect_column_stdev_to_be_between", {"column": "net", "max_value": 20}, "stddev_samp(net) <= 20"),
    ("expect_column_sum_to_be_between", {"column": "net", "min_value": 121}, "sum(net) >= 121"),
    (
        "expect_column_unique_value_count_to_be_between",
        {"column": "code", "min_value": 5, "max_value": 5},
        "count(distinct code) = 5",
    ),
    (
        "expect_column_proportion_of_unique_values_to_be_between",
        {"column": "code", "min_value": 0.9},
        "count(distinct code) / count(code) >= 0.9",
    ),
    (
        "expect_column_proportion_of_non_null_values_to_be_between",
        {"column": "note", "min_value": 0.8},
        "count(note) / count(*) >= 0.8",
    ),
    ("expect_table_row_count_to_be_between", {"min_value": 7}, "count(*) >= 7"),
    ("expect_table_row_count_to_equal", {"value": 6}, "count(*) = 6"),
    ("expect_table_column_count_to_equal", {"value": 7}, "false"),
    ("expect_table_columns_to_match_set", {"column_set": ["id", "code"], "exact_match": False}, "true"),
    (
        "expect_column_values_to_be_between",
        {"column": "net", "min_value": 10, "mostly": 0.8},
        "count(*) filter (net >= 10) / count(net) >= 0.8",
    ),
    (
        "expect_column_values_to_be_between",
        {"column": "net", "min_value": 10, "mostly": 0.81},
        "count(*) filter (net >= 10) / count(net) >= 0.81",
    ),
]


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    with Warehouse.open() as opened:
        opened.execute("create table t as" + ROWS)
        yield opened


def promise(type_: str, kwargs: dict[str, Any]) -> Check:
    return Check(type_, kwargs, "critical", wording.describe(type_, kwargs), "expectations/raw/t.yml:1")


def check(warehouse: Warehouse, *promises: Check, key: tuple[str, ...] = ("id",)) -> list[Outcome]:
    with gx.session(warehouse.connection, {"as_of": AS_OF}) as session:
        return session.run("select * from t", promises, key=key)


def test_checks_of_rows_find_what_hand_sql_finds(warehouse: Warehouse) -> None:
    found = check(warehouse, *(promise(type_, kwargs) for type_, kwargs, _ in BY_ROW))
    by_hand = [warehouse.value(f"select count(*) from t where {condition}") for _, _, condition in BY_ROW]
    assert [(outcome.unexpected_count, outcome.is_success) for outcome in found] == [(n, n == 0) for n in by_hand]
    assert sum(n > 0 for n in by_hand) > 15


def test_checks_of_a_table_say_what_hand_sql_says(warehouse: Warehouse) -> None:
    found = check(warehouse, *(promise(type_, kwargs) for type_, kwargs, _ in BY_TABLE))
    by_hand = [warehouse.value(f"select {condition} from t") for _, _, condition in BY_TABLE]
    assert [outcome.is_success for outcome in found] == by_hand
    assert {True, False} == set(by_hand)


def test_every_check_that_a_file_may_name_is_compared_with_hand_sql() -> None:
    assert {type_ for type_, _, _ in BY_ROW + BY_TABLE} == set(wording.KWARGS)


def test_a_broken_promise_shows_its_first_row_by_key(warehouse: Warehouse) -> None:
    found = check(
        warehouse,
        promise("expect_column_values_to_be_between", {"column": "net", "min_value": 1}),
        promise("expect_column_values_to_be_unique", {"column": "code"}),
        promise("expect_compound_columns_to_be_unique", {"column_list": ["code", "half"]}),
        promise("expect_column_values_to_not_match_regex", {"column": "note", "regex": "[<>]"}),
        promise(wording.ROWS, {"unexpected_rows_query": "select id, note from {batch} where note like '%drop%'"}),
    )
    assert [outcome.first for outcome in found] == [
        {"id": 3, "net": 0},
        {"code": "b4", "row_count": 2},
        {"code": "b4", "half": 2, "row_count": 2},
        {"id": 3, "note": "<b>Zane</b>"},
        {"id": 5, "note": "Ivo\n; drop"},
    ]


def test_a_table_without_a_key_still_shows_a_value(warehouse: Warehouse) -> None:
    outcome = check(warehouse, promise("expect_column_values_to_be_null", {"column": "channel"}), key=())[0]
    assert (outcome.is_success, outcome.unexpected_count, outcome.element_count) == (False, 5, 6)


def test_the_observed_value_of_a_table_is_told(warehouse: Warehouse) -> None:
    outcome = check(warehouse, promise("expect_column_sum_to_be_between", {"column": "net", "min_value": 121}))[0]
    assert outcome == Outcome(is_success=False, observed="120")


def test_a_check_that_cannot_be_computed_has_failed_and_says_why(warehouse: Warehouse) -> None:
    broken, whole = check(
        warehouse,
        promise(wording.ROWS, {"unexpected_rows_query": "select * from {batch} where gross < 0"}),
        promise("expect_column_values_to_not_be_null", {"column": "id"}),
    )
    assert broken == Outcome(
        is_success=False,
        observed='could not be computed: Binder Error: Referenced column "gross" not found in FROM clause!',
    )
    assert whole == Outcome(is_success=True, unexpected_count=0, element_count=6)


def test_one_check_never_brings_a_whole_table_into_python(warehouse: Warehouse) -> None:
    warehouse.execute("create or replace table many as select range as id from range(50000)")
    every_row = promise(wording.ROWS, {"unexpected_rows_query": "select * from {batch}"})
    different = promise("expect_column_distinct_values_to_contain_set", {"column": "id", "value_set": [1]})
    with gx.session(warehouse.connection, {}) as session:
        found = session.run("select * from many", [every_row, different], key=["id"])
    assert found == [
        Outcome(is_success=False, unexpected_count=50000, first={"id": 0}),
        Outcome(
            is_success=False,
            observed="could not be computed: more than 10000 rows for one check; write it as a count",
        ),
    ]


def test_nothing_but_the_batch_is_looked_at_and_nothing_stays_behind(warehouse: Warehouse) -> None:
    few = promise("expect_table_row_count_to_equal", {"value": 2})
    with gx.session(warehouse.connection, {"as_of": AS_OF}) as session:
        found = session.run("select * from t where id <= 2", [few], key=["id"])
    assert found == [Outcome(is_success=True, observed="2")]
    assert warehouse.rows("select view_name from duckdb_views() where not internal") == []
    assert warehouse.value("select getvariable('as_of')") is None


def test_one_session_keeps_its_tables_apart(warehouse: Warehouse) -> None:
    """Two tables may give one name to columns of different kinds."""
    no_gaps = promise("expect_column_values_to_not_be_null", {"column": "id"})
    columns = promise("expect_table_column_count_to_equal", {"value": 1})
    with gx.session(warehouse.connection, {}) as session:
        whole = session.run("select 1 as id", [no_gaps, columns], key=["id"])
        gaps = session.run("select null::varchar as id, 2 as more", [no_gaps, columns], key=[])
    assert [outcome.is_success for outcome in whole + gaps] == [True, True, False, False]


def test_an_argument_that_cannot_be_used_is_a_mistake_in_the_file(warehouse: Warehouse) -> None:
    with pytest.raises(ConfigError) as problem:
        check(warehouse, promise("expect_column_values_to_be_in_set", {"column": "id", "value_set": 5}))
    assert str(problem.value) == (
        "expectations/raw/t.yml:1: expect_column_values_to_be_in_set: "
        "value_set value is not a valid list; value_set value is not a valid dict."
    )
