"""Figures on few people are not shown, nor can they be found by subtracting from totals.

What is hidden together is a number on people too, since a reader who knows the total can subtract the rest: it counts
at least the smallest number that may be shown, wherever there is enough to hide.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

Row = dict[str, Any]
Cell = tuple[str, str]
_OUTSIDE = (2, "")  # where a cell hangs whose row's or column's total is not known


def _group(row: Row, keys: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[key] for key in keys)


def _hidden(counts: Sequence[int], minimum: int) -> set[int]:
    """Return the places to hide: the small ones, and the next smallest until nothing can be subtracted."""
    small = {place for place, count in enumerate(counts) if 0 < count < minimum}
    others = sorted((count, place) for place, count in enumerate(counts) if count >= minimum)
    while small and others and (len(small) < 2 or sum(counts[place] for place in small) < minimum):
        small.add(others.pop(0)[1])
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
        for place in _hidden([member[count] for member in members], minimum):
            members[place] |= dict.fromkeys((count, *also))
    return copies


def hidden_cells(
    counts: Mapping[Cell, int], minimum: int, *, unknown: tuple[Set[str], Set[str]] = (frozenset(), frozenset())
) -> set[Cell]:
    """Return the cells (row, column) of a table to hide: the small ones, and what would give one of them away.

    The totals of rows and columns are known, but for those in `unknown` (rows, columns), whose cells all go. A small
    cell alone in its line takes the next smallest with it; one that several lines together give away takes a cell
    that closes a ring, since in a ring of hidden cells none can be told from the totals.
    """
    there = {cell: count for cell, count in counts.items() if count}
    hidden = {cell for cell, count in there.items() if count < minimum}
    hidden |= {cell for cell in there if cell[0] in unknown[0] or cell[1] in unknown[1]}
    while (
        added := _to_fill(there, hidden, minimum, unknown) or _to_close(there, hidden, minimum, unknown)
    ) is not None:
        hidden.add(added)
    return hidden


def _to_fill(
    counts: Mapping[Cell, int], hidden: set[Cell], minimum: int, unknown: tuple[Set[str], Set[str]]
) -> Cell | None:
    """Return a cell to hide in a line whose hidden cells are one, or few people together; None if there is none."""
    lines = sorted({(side, cell[side]) for cell in hidden for side in (0, 1)})
    for side, name in lines:
        if name in unknown[side]:
            continue
        line = [cell for cell in counts if cell[side] == name]
        gone = [cell for cell in line if cell in hidden]
        shown = [cell for cell in line if cell not in hidden]
        if shown and (len(gone) < 2 or sum(counts[cell] for cell in gone) < minimum):
            return min(shown, key=lambda cell: (counts[cell], cell))
    return None


def _to_close(
    counts: Mapping[Cell, int], hidden: set[Cell], minimum: int, unknown: tuple[Set[str], Set[str]]
) -> Cell | None:
    """Return a cell that joins the two sides of a small cell that totals give away; None if none is given away."""

    def ends(cell: Cell) -> list[tuple[int, str]]:
        return [_OUTSIDE if cell[side] in unknown[side] else (side, cell[side]) for side in (0, 1)]

    for cell in sorted(cell for cell in hidden if counts[cell] < minimum):
        start, end = ends(cell)
        reached = _reached(start, [ends(other) for other in hidden if other != cell])
        if end in reached:
            continue
        joining = [one for one in counts if one not in hidden and len(reached & set(ends(one))) == 1]
        if joining:
            return min(joining, key=lambda one: (counts[one], one))
    return None


def _reached(start: tuple[int, str], edges: Iterable[Sequence[tuple[int, str]]]) -> set[tuple[int, str]]:
    """Return the lines that hidden cells connect with `start`."""
    joined: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for one, other in edges:
        joined.setdefault(one, []).append(other)
        joined.setdefault(other, []).append(one)
    found, ahead = {start}, [start]
    while ahead:
        near = [line for line in joined.get(ahead.pop(), ()) if line not in found]
        found.update(near)
        ahead += near
    return found
