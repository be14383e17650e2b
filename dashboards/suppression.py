"""Figures on few people are not shown, nor can they be found by subtracting from a total."""

from collections.abc import Iterable, Mapping, Sequence
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


Cell = tuple[str, str]


def hidden_cells(counts: Mapping[Cell, int], minimum: int) -> set[Cell]:
    """Return the cells (row, column) of a table to hide: the small ones, and what would give one of them away.

    The totals of rows and columns are known: a cell hidden alone in one of them takes the next smallest with it.
    """
    hidden = {cell for cell, count in counts.items() if 0 < count < minimum}
    while more := {_partner(counts, hidden, cell, side) for cell in hidden for side in (0, 1)} - {None} - hidden:
        hidden.add(min(cell for cell in more if cell is not None))
    return hidden


def _partner(counts: Mapping[Cell, int], hidden: set[Cell], cell: Cell, side: int) -> Cell | None:
    """Return what hides `cell` in its row (0) or column (1); None where another one does, or nobody else is there."""
    others = [other for other, count in counts.items() if other[side] == cell[side] and other != cell and count]
    if any(other in hidden for other in others):
        return None
    return min(others, key=lambda other: (counts[other], other), default=None)
