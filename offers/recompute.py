"""What the logged figures of one customer say they should have got: the rules of the night, written a second time.

Plain Python on the rows of the decision log, so that it shares nothing with the code that decided but the lots.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

# What a candidate weighs in a limit, by the limit's measure.
_FIGURES = {"cost": "cost_minor", "worst": "worst_cost_minor"}


@dataclass(frozen=True)
class Priced:
    """A limit with a price: what one unit costs, how much of it the candidate uses, and in which measure."""

    limit: str
    price: float
    weight: int
    measure: str


@dataclass(frozen=True)
class Room:
    """What a customer may use of a limit while everybody else keeps theirs, and what a candidate uses of it."""

    limit: str
    room: int
    weight: int
    measure: str
    floor: int

    @property
    def fits(self) -> bool:
        """Tell whether the candidate keeps the limit."""
        return self.floor <= self.weight <= self.room


def prices(row: Row) -> list[Priced]:
    """Return the limits with a price that the candidate uses; the weights are the row's own cost figures."""
    found: dict[str, list[Any]] = json.loads(row["prices"] or "{}")
    return [Priced(name, price, _weight(row, measure), measure) for name, (price, _, measure) in found.items()]


def rooms(row: Row) -> list[Room]:
    """Return what the candidate's customer may use of each limit; empty where no limit's last unit decided."""
    found: dict[str, list[Any]] = json.loads(row["rooms"] or "{}")
    return [
        Room(name, room, _weight(row, measure) if weight else 0, measure, floor)
        for name, (room, weight, measure, floor) in found.items()
    ]


def _weight(row: Row, measure: str) -> int:
    return int(row[_FIGURES[measure]]) if measure in _FIGURES else 1


def score(row: Row) -> float:
    """Return the effect beyond waiting less what the candidate uses of every limit at its price, as logged."""
    total = 0.0
    for used in prices(row):
        total += used.price * used.weight
    return float(row["effect_minor"] - row["waiting_minor"] - total)


def choice(rows: Sequence[Row]) -> str | None:
    """Return the offer that the logged figures give one customer by the rules of the night, or None for nothing.

    `rows` are the customer's, by offer_id.
    """
    group, lot = rows[0]["group_name"], rows[0]["lot"]
    open_rows = [row for row in rows if row["rules"] is None and not row["is_held_back"]]
    if group == "explore":
        return _drawn([(row, 1) for row in open_rows if row["is_explorable"]], lot, control=0)
    if group == "pilot":
        arms = [(row, row["pilot_weight"]) for row in open_rows if row["is_pilotable"]]
        return _drawn(arms, lot, control=max((row["control_weight"] for row, _ in arms), default=0))
    if group != "choose":
        return None
    choosable = [row for row in open_rows if row["is_choosable"]]
    by_room = [row for row in choosable if row["rooms"] is not None]
    return _most_valuable(by_room) if by_room else by_score(choosable)


def _drawn(arms: Sequence[tuple[Row, int]], lot: float, *, control: int) -> str | None:
    total = sum(weight for _, weight in arms) + control
    place = min(int(lot * total), total - 1)
    for row, weight in arms:
        if place < weight:
            return str(row["offer_id"])
        place -= weight
    return None


def by_score(rows: Sequence[Row]) -> str | None:
    """Return the candidate with the highest score above 0, the first by id on ties."""
    scores = [score(row) for row in rows]
    most = max(scores, default=0.0)
    return str(rows[scores.index(most)]["offer_id"]) if most > 0 else None


def _most_valuable(rows: Sequence[Row]) -> str | None:
    """Return the candidate with the largest effect that fits the room left, then by score, then by id."""
    fitting = [row for row in rows if all(room.fits for room in rooms(row))]
    order = sorted(fitting, key=lambda row: (-row["effect_minor"], -score(row), str(row["offer_id"])))
    return str(order[0]["offer_id"]) if order else None


def full_limit(rows: Sequence[Row], offer_id: str | None) -> Room | None:
    """Return the first limit without room for a candidate, or None."""
    entries = (room for row in rows if row["offer_id"] == offer_id for room in rooms(row))
    return next((room for room in entries if not room.fits), None)
