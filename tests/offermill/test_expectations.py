"""Promises about tables are read strictly: what a file may say, and every way it can be wrong."""

from pathlib import Path

import pytest

from offermill import expectations, wording
from offermill.errors import ConfigError
from offermill.expectations import Check, Column, Expectations

GOOD = r"""grain: one row per customer
key: [customer_id]
columns:
  customer_id: {type: varchar, meaning: The person.}
  order_count: {type: bigint, unit: orders, meaning: Orders before as_of.}
  email: {type: varchar, meaning: Where to write to., is_personal: true}
checks:
  - {type: expect_column_values_to_be_between, kwargs: {column: order_count, min_value: 1}, severity: critical}
  - {type: expect_column_values_to_match_regex, kwargs: {column: email, regex: "@", mostly: 0.95}, severity: warning}
  - type: unexpected_rows_expectation
    kwargs:
      unexpected_rows_query: select * from {batch} where order_count > 1000
      description: Nobody has a thousand orders.
"""


def written(folder: Path, text: str, address: str = "features.customer_rfm") -> Path:
    schema, table = address.split(".")
    path = folder / schema / f"{table}.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def error_of(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as problem:
        expectations.read(written(folder, text))
    return str(problem.value)


def test_a_file_gives_grain_key_columns_and_checks_with_their_lines(tmp_path: Path) -> None:
    where = "expectations/features/customer_rfm.yml"
    assert expectations.read(written(tmp_path, GOOD)) == Expectations(
        address="features.customer_rfm",
        source=f"{where}:1",
        grain="one row per customer",
        key=("customer_id",),
        columns={
            "customer_id": Column("customer_id", "varchar", "", "The person.", is_personal=False),
            "order_count": Column("order_count", "bigint", "orders", "Orders before as_of.", is_personal=False),
            "email": Column("email", "varchar", "", "Where to write to.", is_personal=True),
        },
        checks=(
            Check(
                "expect_column_values_to_be_unique",
                {"column": "customer_id"},
                "critical",
                "customer_id is unique",
                f"{where}:2",
            ),
            Check(
                "expect_column_values_to_not_be_null",
                {"column": "customer_id"},
                "critical",
                "customer_id is given",
                f"{where}:2",
            ),
            Check(
                "expect_column_values_to_be_between",
                {"column": "order_count", "min_value": 1},
                "critical",
                "order_count is at least 1",
                f"{where}:8",
            ),
            Check(
                "expect_column_values_to_match_regex",
                {"column": "email", "regex": "@", "mostly": 0.95},
                "warning",
                "email matches @ (for 95 % of the rows)",
                f"{where}:9",
            ),
            Check(
                "unexpected_rows_expectation",
                {"unexpected_rows_query": "select * from {batch} where order_count > 1000"},
                "critical",
                "Nobody has a thousand orders",
                f"{where}:10",
            ),
        ),
    )


def test_a_key_of_several_columns_is_unique_together_and_given_apart(tmp_path: Path) -> None:
    text = "grain: x\nkey: [a, b]\ncolumns:\n  a: {type: date, meaning: x}\n  b: {type: date, meaning: x}\n"
    checks = expectations.read(written(tmp_path, text)).checks
    assert [check.description for check in checks] == ["(a, b) is unique", "a is given", "b is given"]


def test_a_table_without_a_key_promises_only_what_is_written(tmp_path: Path) -> None:
    text = "grain: one row, a log entry\nkey: []\ncolumns:\n  a: {type: date, meaning: x}\n"
    assert expectations.read(written(tmp_path, text)).checks == ()


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        (
            "expect_column_values_to_be_betwen",
            "expect_column_values_to_be_between",
            "expectations/features/customer_rfm.yml:8: expect_column_values_to_be_betwen is no check that runs here. "
            "Did you mean 'expect_column_values_to_be_between'?",
        ),
        (
            "min_vale: 1",
            "min_value: 1",
            "expectations/features/customer_rfm.yml:8: expect_column_values_to_be_between takes no min_vale. "
            "Did you mean 'min_value'?",
        ),
        (
            "column: order_cont",
            "column: order_count",
            "expectations/features/customer_rfm.yml:8: expect_column_values_to_be_between names the column order_cont, "
            "which is not declared. Did you mean 'order_count'?",
        ),
        (
            "key: [customer]",
            "key: [customer_id]",
            "expectations/features/customer_rfm.yml:2: key names the column customer, which is not declared. "
            "Did you mean 'customer_id'?",
        ),
        (
            "      about: Nobody has a thousand orders.",
            "      description: Nobody has a thousand orders.",
            "expectations/features/customer_rfm.yml:10: unexpected_rows_expectation takes no about.\n"
            "expectations/features/customer_rfm.yml:10: unexpected_rows_expectation needs kwargs.description: "
            "say what is true when it finds no row.",
        ),
        (
            "severity: fatal",
            "severity: critical",
            "customer_rfm.yml:8: checks.0.severity: Input should be 'critical' or 'warning' (got 'fatal').",
        ),
        (
            "colums:",
            "columns:",
            "customer_rfm.yml:1: columns: is missing.\n"
            "customer_rfm.yml:3: colums: unknown key. Did you mean 'columns'? Known keys: checks, columns, grain, key.",
        ),
    ],
)
def test_every_mistake_names_file_line_and_the_nearest_known_word(
    tmp_path: Path, wrong: str, right: str, message: str
) -> None:
    assert right in GOOD
    assert error_of(tmp_path, GOOD.replace(right, wrong)) == message


def test_a_raw_table_may_say_more_and_knows_the_columns_that_loading_adds(tmp_path: Path) -> None:
    text = """grain: one row per order line
kind: event
key: [order_id]
columns:
  order_id: {type: id, required: true, meaning: Number of the receipt.}
  net_amount: {type: money, above: 0, meaning: Amount paid.}
checks:
  - {type: expect_column_values_to_be_between, kwargs: {column: net_amount_minor, min_value: 1}, severity: critical}
  - {type: expect_column_values_to_not_be_null, kwargs: {column: _line}, severity: critical}
"""
    read = expectations.read(written(tmp_path, text, "raw.order_lines"))
    assert [check.columns for check in read.checks] == [
        ("order_id",),
        ("order_id",),
        ("net_amount_minor",),
        ("_line",),
    ]


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"column": "n", "min_value": 0, "max_value": 1}, "n is at least 0 and at most 1"),
        ({"column": "n", "min_value": 0, "strict_min": True}, "n is more than 0"),
        ({"column": "n", "max_value": "$as_of", "strict_max": True}, "n is less than as_of"),
        ({"column": "n", "max_value": 5, "mostly": 0.995}, "n is at most 5 (for 99.5 % of the rows)"),
        ({"column": "n"}, "n is any number"),
    ],
)
def test_a_range_reads_as_a_person_says_it(kwargs: dict[str, object], words: str) -> None:
    assert wording.describe("expect_column_values_to_be_between", kwargs) == words


def test_every_check_has_words_for_all_it_takes() -> None:
    for type_, names in wording.KWARGS.items():
        assert "{" not in wording.describe(type_, dict.fromkeys(names, 1)), type_


def test_all_files_are_read_at_once_and_every_mistake_is_told(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    assert [table.address for table in expectations.load_all(tmp_path)] == ["features.customer_rfm"]
    written(tmp_path, GOOD.replace("min_value", "min_vale"), "segments.rfm")
    written(tmp_path, GOOD.replace("key: [customer_id]", "key: [customer]"), "segments.inert")
    with pytest.raises(ConfigError) as problem:
        expectations.load_all(tmp_path)
    assert str(problem.value) == (
        "expectations/segments/inert.yml:2: key names the column customer, which is not declared. "
        "Did you mean 'customer_id'?\n"
        "expectations/segments/rfm.yml:8: expect_column_values_to_be_between takes no min_vale. "
        "Did you mean 'min_value'?"
    )


SCHEMAS = ("raw", "staging", "core", "features", "segments", "models", "offers")
WRITTEN = [address for schema in SCHEMAS for address in expectations.addresses(schema)]


def test_there_are_promises_about_the_tables_of_every_stage() -> None:
    assert {address.split(".")[0] for address in WRITTEN} == set(SCHEMAS)


@pytest.mark.parametrize("address", WRITTEN)
def test_every_file_of_the_repository_can_be_read(address: str) -> None:
    promised = expectations.load(address)
    assert promised.grain.startswith("one row")
    assert promised.columns
