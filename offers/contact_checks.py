"""What offers.yml can get wrong about who may get one offer after or beside another."""

from collections.abc import Iterator, Mapping
from itertools import combinations

from offermill.yamlfile import nearest
from offers.problems import Problem, Where
from offers.schema import Catalogue

_KEYS = ("never_with", "only_after")


def problems(catalogue: Catalogue) -> Iterator[Problem]:
    """Yield unknown and repeated names, a template named by itself, circles, and orders that nobody could follow."""
    known = [template.id for template in catalogue.templates]
    for index, template in enumerate(catalogue.templates):
        where: Where = ("templates", index)
        for key in _KEYS:
            yield from _name_problems(template.id, getattr(template, key), known, (*where, key))
        cap = template.per_person
        if cap is not None and (cap.days is None) == (cap.period is None):
            yield Problem((*where, "per_person"), "write either days or period (day, week or month)")
    yield from _order_problems(catalogue)


def _name_problems(own: str, names: tuple[str, ...], known: list[str], where: Where) -> Iterator[Problem]:
    for place, name in enumerate(names):
        if name == own:
            yield Problem((*where, place), f"{name!r} names the template itself; to give it once, write per_person")
        elif name not in known:
            yield Problem((*where, place), f"{name!r} is no template.{nearest(name, known)} Known: {', '.join(known)}")
        elif name in names[:place]:
            yield Problem((*where, place), f"{name!r} is written twice")


def _order_problems(catalogue: Catalogue) -> Iterator[Problem]:
    before = {template.id: template.only_after for template in catalogue.templates}
    apart = {frozenset((template.id, name)) for template in catalogue.templates for name in template.never_with}
    for index, template in enumerate(catalogue.templates):
        where: Where = ("templates", index, "only_after")
        needed = _needed(template.id, before)
        if template.id in needed:
            if template.id not in template.only_after:
                yield Problem(where, f"{template.id!r} comes after itself: {_circle(template.id, before)}")
            continue
        for one, other in combinations(sorted({template.id, *needed}), 2):
            if template.only_after and frozenset((one, other)) in apart:
                yield Problem(
                    where, f"nobody could get it: it needs {one!r} and {other!r}, which never go to the same customer"
                )


def _needed(start: str, before: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return every template that must have been given before `start`, itself only when it stands in a circle."""
    found: set[str] = set()
    waiting = list(before.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += before.get(name, ())
    return found


def _circle(start: str, before: Mapping[str, tuple[str, ...]]) -> str:
    """Return a shortest circle through `start` as names joined by arrows, each needing the next."""
    paths: list[tuple[str, ...]] = [(start,)]
    while True:
        for path in paths:
            if start in before[path[-1]]:
                return " -> ".join((*path, start))
        paths = [(*path, name) for path in paths for name in before[path[-1]] if name not in path and name in before]
