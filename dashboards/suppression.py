"""Figures on few people are not shown, nor can they be found by subtracting from a total."""

from collections.abc import Iterable, Sequence
from typing import Any

Row = dict[str, Any]


def _group(row: Row, keys: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[key] for key in keys)


def _hidden(rows: Sequence[Row], count: str, minimum: int) -> set[int]:
    """Return the rows to hide: the small ones, and when only one is small the next smallest with it."""
    small = {index for index, row in enumerate(rows) if 0 < row[count] < minimum}
    others = [index for index, row in enumerate(rows) if row[count] >= minimum]
    if len(small) == 1 and others:
        small.add(min(others, key=lambda index: (rows[index][count], index)))
    return small


def suppress(
    rows: Iterable[Row], count: str, minimum: int, *, within: Sequence[str] = (), also: Sequence[str] = ()
) -> list[Row]:
    """Return the rows with counts under `minimum` as None, and the figures in `also` with them.

    Rows that agree in `within` add up to a total that a reader may know: where one of them is hidden, a second one is.
    """
    copies = [dict(row) for row in rows]
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in copies:
        groups.setdefault(_group(row, within), []).append(row)
    for members in groups.values():
        for index in _hidden(members, count, minimum):
            members[index] |= dict.fromkeys((count, *also))
    return copies
