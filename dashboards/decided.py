"""Which counts of tonight's decision are hidden, alike on all pages: by group and reason, with an offer, held back."""

from collections.abc import Iterable, Sequence

from dashboards.queries import Row
from dashboards.tied import Name, Tie, blocks, hidden_in

HELD_BACK: Name = ("held back",)
_EVERYBODY: Name = ("everybody",)
_OFFERS: Name = ("offers",)
_CONTROLS = ("control", "global_control")


def group(name: str) -> Name:
    """Return the name of the count of a group's people."""
    return "group", name


def reason(name: str) -> Name:
    """Return the name of the count of people with a reason."""
    return "reason", name


def offers(name: str) -> Name:
    """Return the name of the count of a group's people with an offer."""
    return "offers", name


def without(name: str) -> Name:
    """Return the name of the count of a group's people without an offer; no page tells it."""
    return "without", name


def is_held_back(row: Row) -> bool:
    """Return whether a lot left the people of a row (group, reason) without an offer, to measure by."""
    return row["group_name"] in _CONTROLS or row["reason"] == "pilot_control"


def hidden(rows: Sequence[Row], minimum: int) -> set[Name]:
    """Return the counts to hide, of rows with group_name, reason, customer_count and offer_count."""
    counts: dict[Name, int] = {}
    for row in rows:
        people, with_offer = row["customer_count"], row["offer_count"]
        _add(counts, people, _EVERYBODY, group(row["group_name"]), reason(row["reason"]))
        _add(counts, with_offer, _OFFERS, offers(row["group_name"]))
        _add(counts, people - with_offer, without(row["group_name"]))
        _add(counts, people if is_held_back(row) else 0, HELD_BACK)
    untold = {name for name in counts if name[0] == "without"}
    return hidden_in(counts, _ties(rows), minimum, untold=untold, fixed={_EVERYBODY, _OFFERS})


def _add(counts: dict[Name, int], count: int, *names: Name) -> None:
    for name in names:
        counts[name] = counts.get(name, 0) + count


def _ties(rows: Sequence[Row]) -> list[Tie]:
    groups, reasons = _names(rows, "group_name"), _names(rows, "reason")
    pairs = [(row["group_name"], row["reason"]) for row in rows]
    return [
        Tie([_EVERYBODY], [group(name) for name in groups]),
        Tie([_EVERYBODY], [reason(name) for name in reasons]),
        Tie([_OFFERS], [offers(name) for name in groups]),
        *(Tie([group(name)], [offers(name), without(name)]) for name in groups),
        *(Tie(list(map(group, some)), list(map(reason, theirs))) for some, theirs in blocks(pairs)),
        *_ties_of_reasons(rows, groups),
        _tie_of_held_back(rows),
    ]


def _names(rows: Iterable[Row], column: str) -> list[str]:
    return sorted({str(row[column]) for row in rows})


def _ties_of_reasons(rows: Sequence[Row], groups: Iterable[str]) -> list[Tie]:
    """Return what reasons tell of a group's people with an offer, and of those without."""
    found = []
    for name in groups:
        own = [row for row in rows if row["group_name"] == name and _is_alone(rows, row)]
        if len(own) == len([row for row in rows if row["group_name"] == name]):
            given = [reason(row["reason"]) for row in own if row["offer_count"]]
            others = [reason(row["reason"]) for row in own if not row["offer_count"]]
            found += [Tie([offers(name)], given), Tie([without(name)], others)]
    return found


def _is_alone(rows: Iterable[Row], row: Row) -> bool:
    """Return whether a reason is of one group only, and its people all have an offer or none has."""
    is_one_group = all(one["group_name"] == row["group_name"] for one in rows if one["reason"] == row["reason"])
    return is_one_group and row["offer_count"] in (0, row["customer_count"])


def _tie_of_held_back(rows: Iterable[Row]) -> Tie:
    names = {reason(row["reason"]) if row["reason"] == "pilot_control" else group(row["group_name"])
             for row in rows if is_held_back(row)}  # fmt: skip
    return Tie([HELD_BACK], sorted(names))
