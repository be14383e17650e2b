"""What a role may do with a list, and which of its rows it may see. What no grant allows is refused."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from offermill.settings_portal import Grant, PortalSettings, Verb
from portal.lists import Listed

# Columns that say a row's segment, store, brand or channel. Where a list has several, all of them must be allowed.
COLUMNS = {
    "segments": ("segment", "segment_id"),
    "stores": ("store", "store_id", "home_store", "home_store_id"),
    "brands": ("brand", "brand_id"),
    "channels": ("channel",),
}


@dataclass(frozen=True)
class Rows:
    """Rows that a grant shows: per column, patterns of which one must match; no column = every row."""

    limits: tuple[tuple[str, tuple[str, ...]], ...] = ()


# Verb -> alternatives: a row is shown when one of them allows it. A verb that is missing is refused.
Access = Mapping[Verb, tuple[Rows, ...]]


def _matches(value: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in patterns)


def _rows(grant: Grant, listed: Listed) -> Rows | None:
    """Return what a grant shows of a list; None when it shows nothing of it."""
    if not _matches(listed.name, grant.lists):
        return None
    names, limits = {field.name for field in listed.fields}, []
    for dimension, patterns in grant.limits.items():
        if dimension in listed.own:
            if not _matches(listed.own[dimension], patterns):
                return None
            continue
        columns = [name for name in COLUMNS[dimension] if name in names]
        if not columns:
            return None
        limits += [(name, patterns) for name in columns]
    return Rows(tuple(limits))


def access(chosen: PortalSettings, roles: Iterable[str], listed: Listed) -> Access:
    """Return what the roles together may do with a list."""
    found: dict[Verb, tuple[Rows, ...]] = {}
    for grant in (grant for role in roles for grant in chosen.roles.get(role, ())):
        rows = _rows(grant, listed)
        if rows is not None:
            found |= {verb: (*found.get(verb, ()), rows) for verb in grant.verbs}
    return found


def is_whole(alternatives: tuple[Rows, ...]) -> bool:
    """Return whether every row is allowed."""
    return Rows() in alternatives


def _row_test(rows: Rows, places: Mapping[str, int]) -> Callable[[Sequence[str | None]], bool]:
    @lru_cache(maxsize=4096)
    def allowed(value: str, patterns: tuple[str, ...]) -> bool:
        return _matches(value, patterns)

    limits = [(places[name], patterns) for name, patterns in rows.limits]
    return lambda cells: all(allowed(cells[index] or "", patterns) for index, patterns in limits)


def row_test(alternatives: tuple[Rows, ...], names: Sequence[str]) -> Callable[[Sequence[str | None]], bool] | None:
    """Return a test of a row's cells (as text, in the order of `names`); None when every row is allowed."""
    if is_whole(alternatives):
        return None
    places = {name: index for index, name in enumerate(names)}
    tests = [_row_test(rows, places) for rows in alternatives]
    return lambda cells: any(test(cells) for test in tests)
