"""Great Expectations asks itself the same question again and again; here it remembers the answers.

For every argument of a check it has pydantic make the check's whole configuration anew, and for every edge between two
metrics it makes JSON and a hash of their arguments: on small tables that is half of what a gate takes. What is
remembered is the same to the letter (tests/offermill/test_gxmemory.py compares); what is checked does not change.
"""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

# Of these, equal values of one type give equal JSON.
_PLAIN = frozenset({str, int, bool, type(None)})
# Arguments of so many metrics are remembered; a night has some 7,000.
_MOST = 50_000


def _read_configurations_once(expectation_class: Any) -> None:
    """Let a check make its configuration once for all the arguments it reads in one go."""
    made = expectation_class.configuration.fget
    # By identity, while the check reads; gates run in one thread.
    reading: dict[int, Any] = {}

    def at_once(read: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(read)
        def reader(self: Any, *arguments: Any, **named: Any) -> Any:
            if id(self) in reading:
                return read(self, *arguments, **named)
            reading[id(self)] = made(self)
            try:
                return read(self, *arguments, **named)
            finally:
                del reading[id(self)]

        return reader

    expectation_class.configuration = property(lambda self: reading.get(id(self)) or made(self))
    for name in ("_get_success_kwargs", "_get_runtime_kwargs"):
        setattr(expectation_class, name, at_once(getattr(expectation_class, name)))


def _remember_hashes(arguments_class: Any) -> None:
    """Let the hash of a metric's arguments be made once, where they are texts, whole numbers, booleans or nothing."""
    made, known = arguments_class.to_id, dict[frozenset[Any], Any]()

    @wraps(made)
    def to_id(self: Any, id_keys: Any = None, id_ignore_keys: Any = None) -> Any:
        is_whole = id_keys is None and id_ignore_keys is None and not self._id_ignore_keys
        if not is_whole or not _PLAIN.issuperset(map(type, self.values())):
            return made(self, id_keys, id_ignore_keys)
        # With their types: 1 and true are equal, their JSON is not.
        key = frozenset((name, type(value), value) for name, value in self.items())
        if key not in known:
            if len(known) >= _MOST:
                known.clear()
            known[key] = made(self)
        return known[key]

    arguments_class.to_id = to_id


def _build_graphs_once(graph_class: Any) -> None:
    """Let a graph follow what a metric depends on once, however many ways lead to it."""
    made = graph_class.build_metric_dependency_graph

    @wraps(made)
    def build(self: Any, metric_configuration: Any, runtime_configuration: dict[str, Any] | None = None) -> None:
        followed = self.__dict__.setdefault("_followed", {})
        twin = followed.setdefault(metric_configuration.id, metric_configuration)
        if twin is metric_configuration:
            made(self, metric_configuration, runtime_configuration)
        else:
            self.set_metric_configuration_default_kwargs_if_absent(metric_configuration)
            metric_configuration.metric_dependencies = twin.metric_dependencies

    graph_class.build_metric_dependency_graph = build


def install() -> None:
    """Make Great Expectations remember; once is enough for a process."""
    from great_expectations.core import id_dict
    from great_expectations.expectations import expectation
    from great_expectations.validator import validation_graph

    expectation.camel_to_snake = cache(expectation.camel_to_snake)
    _read_configurations_once(expectation.Expectation)
    _remember_hashes(id_dict.IDDict)
    _build_graphs_once(validation_graph.ValidationGraph)
