"""Figures on few people are not shown, nor can they be found by subtracting from totals.

What is hidden together is a number on people too, since a reader who knows the total can subtract the rest: it counts
at least the smallest number that may be shown, wherever there is enough to hide.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from heapq import heappop, heappush
from typing import Any

Row = dict[str, Any]
Cell = tuple[str, str]
Line = tuple[int, str]  # 0: a row, 1: a column
_OUTSIDE: Line = (2, "")  # where a cell hangs whose row's or column's total is not known


def _group(row: Row, keys: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[key] for key in keys)


def _hidden(counts: Sequence[int], minimum: int, known: Set[int] = frozenset()) -> set[int]:
    """Return the places to hide: those `known` to be hidden and the small ones, and the next smallest until nothing
    can be subtracted."""
    small = {place for place, count in enumerate(counts) if 0 < count < minimum or place in known}
    others = sorted((count, place) for place, count in enumerate(counts) if count >= minimum and place not in small)
    while small and others and (len(small) < 2 or sum(counts[place] for place in small) < minimum):
        small.add(others.pop(0)[1])
    return small


def hidden_values(counts: Mapping[str, int], minimum: int, *, start: Set[str] = frozenset()) -> set[str]:
    """Return the values of a line with a known total to hide: those of `start`, the small ones, and what would give one
    away."""
    there = sorted(value for value, count in counts.items() if count)
    known = {place for place, value in enumerate(there) if value in start}
    return {there[place] for place in _hidden([counts[value] for value in there], minimum, known)}


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
    counts: Mapping[Cell, int],
    minimum: int,
    *,
    unknown: tuple[Set[str], Set[str]] = (frozenset(), frozenset()),
    start: Set[Cell] = frozenset(),
) -> set[Cell]:
    """Return the cells (row, column) of a table to hide: the small ones, and what would give one of them away.

    The totals of rows and columns are known, but for those in `unknown` (rows, columns), whose cells all go; so do
    those in `start`, hidden for another reason. A small cell alone in its line takes the next smallest with it; one
    that several lines together give away takes a cell that closes a ring, since in a ring of hidden cells none can be
    told from the totals.
    """
    table = _Table(counts, minimum, unknown)
    for cell in sorted(table.counts):
        if table.counts[cell] < minimum or cell in start or cell[0] in unknown[0] or cell[1] in unknown[1]:
            table.hide(cell)
    table.fill()
    while (joining := table.to_close()) is not None:
        table.hide(joining)
        table.fill()
    return table.hidden


class _Table:
    """The cells with somebody in them, what is hidden of every line, and the lines to look at again."""

    def __init__(self, counts: Mapping[Cell, int], minimum: int, unknown: tuple[Set[str], Set[str]]) -> None:
        self.counts = {cell: count for cell, count in counts.items() if count}
        self.minimum, self.unknown = minimum, unknown
        self.hidden: set[Cell] = set()
        self.lines: dict[Line, list[Cell]] = {}
        for cell in sorted(self.counts, key=lambda one: (self.counts[one], one)):
            for line in _lines(cell):
                self.lines.setdefault(line, []).append(cell)
        self.gone: dict[Line, tuple[int, int]] = {}  # line -> cells hidden in it, people in them
        self.ahead: list[Line] = []

    def hide(self, cell: Cell) -> None:
        self.hidden.add(cell)
        for line in _lines(cell):
            cells, people = self.gone.get(line, (0, 0))
            self.gone[line] = (cells + 1, people + self.counts[cell])
            heappush(self.ahead, line)

    def fill(self) -> None:
        """Hide the next smallest cell of every line whose hidden cells are one, or few people together."""
        while self.ahead:
            line = heappop(self.ahead)
            cells, people = self.gone[line]
            if line[1] in self.unknown[line[0]] or (cells >= 2 and people >= self.minimum):
                continue
            shown = next((cell for cell in self.lines[line] if cell not in self.hidden), None)
            if shown is not None:
                self.hide(shown)

    def _ends(self, cell: Cell) -> tuple[Line, Line]:
        one, other = _lines(cell)
        return (_OUTSIDE if one[1] in self.unknown[0] else one), (_OUTSIDE if other[1] in self.unknown[1] else other)

    def to_close(self) -> Cell | None:
        """Return a cell that joins the two sides of a small cell that totals give away; None if none is given away."""
        edges = {cell: self._ends(cell) for cell in sorted(self.hidden)}
        for cell in sorted(bridges(edges)):
            if self.counts[cell] >= self.minimum:
                continue
            reached = _reached(edges[cell][0], [ends for other, ends in edges.items() if other != cell])
            near = {one for line in reached for one in self.lines.get(line, ()) if one not in self.hidden}
            joining = [one for one in near if len(reached & set(self._ends(one))) == 1]
            if joining:
                return min(joining, key=lambda one: (self.counts[one], one))
        return None


def _lines(cell: Cell) -> tuple[Line, Line]:
    return (0, cell[0]), (1, cell[1])


def bridges(edges: Mapping[Cell, tuple[Line, Line]]) -> set[Cell]:
    """Return the edges whose ends nothing else connects (Tarjan's lowest points, without recursion)."""
    joined: dict[Line, list[tuple[Line, Cell]]] = {}
    for cell, (one, other) in edges.items():
        joined.setdefault(one, []).append((other, cell))
        joined.setdefault(other, []).append((one, cell))
    found: set[Cell] = set()
    order: dict[Line, int] = {}
    for root in joined:
        if root not in order:
            _descend(root, joined, order, found)
    return found


def _descend(
    root: Line, joined: Mapping[Line, Sequence[tuple[Line, Cell]]], order: dict[Line, int], found: set[Cell]
) -> None:
    """Walk everything connected with `root`; `low` is the earliest line that a line reaches besides its own edge."""
    order[root] = len(order)
    low = {root: order[root]}
    path: list[tuple[Line, Cell | None, Iterator[tuple[Line, Cell]]]] = [(root, None, iter(joined[root]))]
    while path:
        line, came_by, ahead = path[-1]
        step = next(ahead, None)
        if step is None:
            path.pop()
            if path and came_by is not None:
                low[path[-1][0]] = min(low[path[-1][0]], low[line])
                if low[line] > order[path[-1][0]]:
                    found.add(came_by)
        elif step[1] != came_by and step[0] in order:
            low[line] = min(low[line], order[step[0]])
        elif step[1] != came_by:
            order[step[0]] = low[step[0]] = len(order)
            path.append((step[0], step[1], iter(joined[step[0]])))


def _reached(start: Line, edges: Iterable[Sequence[Line]]) -> set[Line]:
    """Return the lines that hidden cells connect with `start`."""
    joined: dict[Line, list[Line]] = {}
    for one, other in edges:
        joined.setdefault(one, []).append(other)
        joined.setdefault(other, []).append(one)
    found, ahead = {start}, [start]
    while ahead:
        near = [line for line in joined.get(ahead.pop(), ()) if line not in found]
        found.update(near)
        ahead += near
    return found
