"""Which of Great Expectations' checks run on DuckDB here, what they take, and how a person reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ROWS = "unexpected_rows_expectation"
UNIQUE = frozenset({"expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"})

_RANGE = ("min_value", "max_value", "strict_min", "strict_max")
# Type -> (what it is about, arguments beside the columns). Each is compared with hand SQL by a test.
_CHECKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "expect_column_to_exist": ("{column} exists", ("column",)),
    "expect_column_values_to_not_be_null": ("{column} is given", ("column",)),
    "expect_column_values_to_be_null": ("{column} is empty", ("column",)),
    "expect_column_values_to_be_unique": ("{column} is unique", ("column",)),
    "expect_compound_columns_to_be_unique": ("({column_list}) is unique", ("column_list",)),
    "expect_column_values_to_be_between": ("{column} is {range}", ("column", *_RANGE)),
    "expect_column_values_to_be_in_set": ("{column} is one of {value_set}", ("column", "value_set")),
    "expect_column_values_to_not_be_in_set": ("{column} is none of {value_set}", ("column", "value_set")),
    "expect_column_values_to_match_regex": ("{column} matches {regex}", ("column", "regex")),
    "expect_column_values_to_not_match_regex": ("{column} does not match {regex}", ("column", "regex")),
    "expect_column_value_lengths_to_be_between": ("the length of {column} is {range}", ("column", *_RANGE)),
    "expect_column_value_lengths_to_equal": ("the length of {column} is {value}", ("column", "value")),
    "expect_column_pair_values_a_to_be_greater_than_b": (
        "{column_A} is greater than{or_equal} {column_B}",
        ("column_A", "column_B", "or_equal"),
    ),
    "expect_column_pair_values_to_be_equal": ("{column_A} equals {column_B}", ("column_A", "column_B")),
    "expect_column_distinct_values_to_be_in_set": (
        "every value of {column} is one of {value_set}",
        ("column", "value_set"),
    ),
    "expect_column_distinct_values_to_contain_set": ("{column} has each of {value_set}", ("column", "value_set")),
    "expect_column_distinct_values_to_equal_set": (
        "the values of {column} are exactly {value_set}",
        ("column", "value_set"),
    ),
    "expect_column_min_to_be_between": ("the smallest {column} is {range}", ("column", *_RANGE)),
    "expect_column_max_to_be_between": ("the largest {column} is {range}", ("column", *_RANGE)),
    "expect_column_mean_to_be_between": ("the mean of {column} is {range}", ("column", *_RANGE)),
    "expect_column_median_to_be_between": ("the median of {column} is {range}", ("column", *_RANGE)),
    "expect_column_stdev_to_be_between": ("the standard deviation of {column} is {range}", ("column", *_RANGE)),
    "expect_column_sum_to_be_between": ("the sum of {column} is {range}", ("column", *_RANGE)),
    "expect_column_unique_value_count_to_be_between": (
        "the number of different {column} is {range}",
        ("column", *_RANGE),
    ),
    "expect_column_proportion_of_unique_values_to_be_between": (
        "the share of different {column} is {range}",
        ("column", *_RANGE),
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": (
        "the share of rows with {column} is {range}",
        ("column", *_RANGE),
    ),
    "expect_table_row_count_to_be_between": ("the number of rows is {range}", _RANGE),
    "expect_table_row_count_to_equal": ("the number of rows is {value}", ("value",)),
    "expect_table_column_count_to_equal": ("the number of columns is {value}", ("value",)),
    "expect_table_columns_to_match_set": ("the columns are {column_set}", ("column_set", "exact_match")),
    ROWS: ("no row is found by the query", ("unexpected_rows_query",)),
}
KWARGS = {type_: frozenset(kwargs) for type_, (_, kwargs) in _CHECKS.items()}


@dataclass(frozen=True)
class Said:
    """How checks are said in a language: a sentence per type, and the words that fill them.

    Attributes:
        checks: type -> sentence with the same holes as in English.
        or_equal: stands in a comparison that equal values keep.
        share: says of how many rows a check holds; `{percent}` is a number.
    """

    checks: Mapping[str, str]
    more_than: str = "more than"
    at_least: str = "at least"
    less_than: str = "less than"
    at_most: str = "at most"
    both: str = "and"
    any_number: str = "any number"
    or_equal: str = " or equal to"
    share: str = " (for {percent} % of the rows)"


ENGLISH = Said({type_: sentence for type_, (sentence, _) in _CHECKS.items()})


def describe(type_: str, kwargs: Mapping[str, Any], said: Said = ENGLISH) -> str:
    """Return the promise as a person says it: `order_count is at least 1 (for 95 % of the rows)`."""
    words = {name: _plain(kwargs.get(name)) for name in KWARGS[type_]}
    words |= {"range": _range(kwargs, said), "or_equal": said.or_equal if kwargs.get("or_equal") else ""}
    return said.checks[type_].format_map(words) + _share(kwargs, said)


def _plain(value: object) -> str:
    # A parameter of the run, `$as_of`, is said by its name.
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value).removeprefix("$")


def _range(kwargs: Mapping[str, Any], said: Said) -> str:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    above = said.more_than if kwargs.get("strict_min") else said.at_least
    below = said.less_than if kwargs.get("strict_max") else said.at_most
    parts = [f"{word} {_plain(value)}" for word, value in ((above, low), (below, high)) if value is not None]
    return f" {said.both} ".join(parts) or said.any_number


def _share(kwargs: Mapping[str, Any], said: Said) -> str:
    mostly = kwargs.get("mostly")
    return said.share.format(percent=f"{round(float(mostly) * 100, 6):g}") if mostly is not None else ""
