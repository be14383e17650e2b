"""Counts tied by many sums at once: what to hide so that nothing shown gives a small count back.

`dashboards.suppression` knows lines and tables; here any sum may tie any counts, on several pages: groups and reasons
of one night, comparisons by wave, offer, channel and segment.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

Name = tuple[str, ...]
# A count that the rest leaves exactly is found from it to this precision.
_EXACT = 1e-9


@dataclass(frozen=True)
class Tie:
    """What readers know to be equal: the counts of `left` together, and those of `right` together."""

    left: Sequence[Name]
    right: Sequence[Name]

    @property
    def names(self) -> tuple[Name, ...]:
        return (*self.left, *self.right)


@dataclass(frozen=True)
class _Night:
    """The counts with somebody in them, how they are tied, and which of them may be hidden for the sake of others."""

    counts: Mapping[Name, int]
    ties: Sequence[Tie]
    minimum: int
    untold: Set[Name]
    fixed: Set[Name]

    def smallest(self, names: Iterable[Name], hidden: Set[Name]) -> list[Name]:
        free = {name for name in names if name not in hidden and name not in self.fixed}
        return sorted(free, key=lambda name: (self.counts[name], name))

    def beside(self, hidden: Set[Name]) -> Name | None:
        """Return the next count to hide in a tie that leaves few people, or one count alone."""
        for tie in self.ties:
            for side, other in ((tie.left, tie.right), (tie.right, tie.left)):
                gone = [name for name in side if name in hidden]
                if gone and not any(name in hidden for name in other) and not self._is_enough(gone):
                    joining = self.smallest(side, hidden) or self.smallest(other, hidden)
                    if joining:
                        return joining[0]
        return None

    def _is_enough(self, gone: Sequence[Name]) -> bool:
        if all(name in self.untold and self.counts[name] >= self.minimum for name in gone):
            return True
        return len(gone) > 1 and sum(self.counts[name] for name in gone) >= self.minimum

    def against_all(self, hidden: Set[Name]) -> Name | None:
        """Return the next count to hide where all ties together give a small one away."""
        for name in told(self.ties, sorted(hidden)):
            if self.counts[name] < self.minimum:
                near = [one for tie in self.ties if name in tie.names for one in tie.names]
                every = self.smallest(near, hidden) or self.smallest(self.counts, hidden)
                helping = (one for one in every if name not in told(self.ties, sorted({*hidden, one})))
                joining = next(helping, every[0] if every else None)
                if joining is not None:
                    return joining
        return None


def hidden_in(
    counts: Mapping[Name, int],
    ties: Iterable[Tie],
    minimum: int,
    *,
    untold: Set[Name] = frozenset(),
    fixed: Set[Name] = frozenset(),
) -> set[Name]:
    """Return the counts to hide: the small ones, and what would give one of them away.

    What is hidden in one tie alone is at least two counts and at least `minimum` people, as long as there is anything
    to hide; and no small count follows from all ties together (a hidden count follows when it lies in the row space of
    the ties over what is hidden).

    Args:
        untold: counts that no page tells; they need no hiding unless they are small.
        fixed: counts that are told whatever else is; a small one is hidden all the same.
    """
    there = {name: count for name, count in counts.items() if count}
    used = [Tie([one for one in tie.left if one in there], [one for one in tie.right if one in there]) for tie in ties]
    night = _Night(there, used, minimum, untold, fixed)
    hidden = {name for name, count in there.items() if count < minimum or name in untold}
    while (joining := night.beside(hidden) or night.against_all(hidden)) is not None:
        hidden.add(joining)
    return hidden


def told(ties: Iterable[Tie], hidden: Sequence[Name]) -> list[Name]:
    """Return which of the hidden counts all ties together tell exactly."""
    place = {name: at for at, name in enumerate(hidden)}
    lines = []
    for tie in ties:
        line = np.zeros(len(hidden))
        for sign, side in ((1.0, tie.left), (-1.0, tie.right)):
            for name in side:
                if name in place:
                    line[place[name]] += sign
        if line.any():
            lines.append(line)
    if not lines:
        return []
    system = np.array(lines)
    seen = np.diag(np.linalg.pinv(system) @ system)
    return [name for name, share in zip(hidden, seen, strict=True) if share > 1 - _EXACT]


def blocks(pairs: Iterable[tuple[str, str]]) -> list[tuple[set[str], set[str]]]:
    """Return the smallest sets of firsts and seconds that pairs join: both hold the same people."""
    found: list[tuple[set[str], set[str]]] = []
    for one, other in pairs:
        near = [block for block in found if one in block[0] or other in block[1]]
        joined = {one}.union(*(some for some, _ in near)), {other}.union(*(theirs for _, theirs in near))
        found = [*(block for block in found if block not in near), joined]
    return found
