"""What Great Expectations remembers for us is what it would have found: its own functions are the oracle."""

import sys
from typing import Any

import pytest

from offermill import expectations, gx, paths
from offermill.expectations import Check
from offermill.warehouse import Warehouse

CHECKS = [
    Check(
        "expect_column_values_to_be_between", {"column": "n", "min_value": 1, "strict_min": True}, "critical", "", "x:1"
    ),
    Check("expect_column_values_to_be_unique", {"column": "word"}, "critical", "", "x:2"),
    Check("expect_compound_columns_to_be_unique", {"column_list": ["n", "word"]}, "warning", "", "x:3"),
]


@pytest.fixture(scope="module")
def package() -> Any:
    """Return Great Expectations as gates use it."""
    return gx._great_expectations()[0]


@pytest.fixture(scope="module")
def arguments_class(package: Any) -> Any:
    """Return the class of a metric's arguments."""
    return sys.modules["great_expectations.core.id_dict"].IDDict


def promised(package: Any) -> list[Any]:
    """Return one of Great Expectations' checks for every set of arguments that our promises give a kind of check."""
    found = {
        (check.type, *sorted(check.kwargs)): {"type": check.type, "kwargs": dict(check.kwargs)}
        for each in expectations.load_all(paths.EXPECTATIONS)
        for check in each.checks
    }
    return list(package.ExpectationSuite(name="all", expectations=list(found.values())).expectations)


def test_a_check_has_the_arguments_that_it_would_read_one_by_one(package: Any) -> None:
    found = promised(package)
    assert len({type(check) for check in found}) > 5
    for check in found:
        one_by_one = {name: check._get_success_kwarg(name) for name in (*check.domain_keys, *check.success_keys)}
        assert check._get_success_kwargs() == one_by_one
        for asked in (None, {"catch_exceptions": "asked", "other": 1}):
            told = check._get_runtime_kwargs(asked)
            assert one_by_one.items() <= told.items()
            assert told["catch_exceptions"] == ("asked" if asked else check._get_success_kwarg("catch_exceptions"))
            assert "other" not in told


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"column": "n"},
        {"column": "n", "table": None, "batch_id": "b"},
        {"batch_id": "b", "table": None, "column": "n"},
        {"a": 1, "b": 1},
        {"a": True, "b": 1},
        {"a": 1.0, "b": 1},
        {"a": "1", "b": 1},
        {"a": 0.0, "b": -0.0},
        {"a": ["x", "y"], "b": {"c": (1, 2)}},
    ],
)
def test_arguments_have_the_hash_that_they_had(arguments_class: Any, arguments: dict[str, Any]) -> None:
    own = arguments_class.to_id.__wrapped__(arguments_class(arguments))
    assert [arguments_class(arguments).to_id() for _ in range(2)] == [own, own]


def test_arguments_that_were_changed_have_another_hash(arguments_class: Any) -> None:
    arguments = arguments_class({"column": "n", "batch_id": "b"})
    before = arguments.to_id()
    arguments["column"] = "m"
    assert arguments.to_id() != before
    assert arguments.to_id(id_keys=["column"]) == "column=m"


def test_the_same_rows_are_found_with_graphs_that_follow_every_way(
    package: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> list[gx.Outcome]:
        with Warehouse.open() as warehouse:
            warehouse.execute("create table t as select * from (values (1, 'a'), (2, 'b'), (0, 'b')) as x(n, word)")
            with gx.session(warehouse.connection, {}) as session:
                return session.run("select * from t", CHECKS, key=["n"])

    once = found()
    assert [(one.is_success, one.unexpected_count) for one in once] == [(False, 2), (False, 2), (True, 0)]
    graph_class = sys.modules["great_expectations.validator.validation_graph"].ValidationGraph
    every_way = graph_class.build_metric_dependency_graph.__wrapped__
    monkeypatch.setattr(graph_class, "build_metric_dependency_graph", every_way)
    assert found() == once
