"""Which comparisons of the page Experiments are hidden.

Every level adds up to everybody compared, waves and offers to their campaigns as well, and how the lots fell tells the
waves once more.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from dashboards.queries import Row
from dashboards.tied import Name, Tie, blocks, hidden_in

ARMS = ("treated_count", "control_count")
CUMULATED = "cumulated"
_ALL: Name = ("all", "all")
# What adds up to it -> its parts, and perhaps some who are in none of them.
Sum = tuple[list[Name], list[Name]]


@dataclass(frozen=True)
class Hidden:
    """Which counts no table tells: of an arm, of (level, name); a wave's lots have the level `lots`."""

    of_arm: Mapping[str, Set[Name]]

    def count(self, row: Row, arm: str) -> int | None:
        """Return a comparison's count of people in an arm; None where it is hidden."""
        return None if (row["level"], row["name"]) in self.of_arm[arm] else row[arm]

    def is_any(self, row: Row) -> bool:
        """Return whether an arm's count is hidden or nobody is in it, so that its figures are not told."""
        return any((row["level"], row["name"]) in self.of_arm[arm] or not row[arm] for arm in ARMS)

    def is_lot(self, wave: str, arm: str) -> bool:
        """Return whether the count of people whom the lots of a wave put into an arm is hidden."""
        return ("lots", wave) in self.of_arm[arm]


def hidden(effects: Sequence[Row], lots: Sequence[Row], campaigns: Sequence[Row], minimum: int) -> Hidden:
    """Return what to hide of comparisons and lots; `campaigns` are waves and offers (level, name, campaign_id)."""
    rows: dict[Name, Row] = {(row["level"], row["name"]): row for row in effects}
    return Hidden({arm: _of_arm(rows, lots, campaigns, arm, minimum) for arm in ARMS})


def _of_arm(
    rows: Mapping[Name, Row], lots: Sequence[Row], campaigns: Sequence[Row], arm: str, minimum: int
) -> set[Name]:
    counts = {name: int(row[arm]) for name, row in rows.items()} | {("lots", lot["wave_id"]): lot[arm] for lot in lots}
    known = [row for row in campaigns if (row["level"], row["name"]) in rows]
    ties: list[Tie] = []
    rests: set[Name] = set()
    every = (*_of_levels(rows), *_of_weeks(rows), *_of_campaigns(known), *_of_offers(known), *_of_lots(rows, lots))
    for whole, parts in every:
        rest = sum(counts.get(one, 0) for one in whole) - sum(counts[one] for one in parts)
        # One person without an offer stands beside every offer they could have got: those add up to nothing.
        if rest >= 0:
            name = ("rest", str(len(ties)))
            counts[name] = rest
            rests.add(name)
            ties.append(Tie(whole, [*parts, name]))
    # Nobody with an offer, no row: the people beside stand nowhere.
    untold = rests | {name for name, row in rows.items() if not row["treated_count"]}
    return hidden_in(counts, ties, minimum, untold=untold)


def _of_levels(rows: Iterable[Name]) -> list[Sum]:
    """Return the lines that add up to everybody: a level, and of segments a family with whoever was in none."""
    lines: dict[str, list[Name]] = {}
    for level, name in rows:
        family = name.partition(":")[0] if level == "segment" else ""
        if level not in ("all", CUMULATED):
            lines.setdefault(f"{level}:{family}", []).append((level, name))
    unknown = lines.pop("segment:unknown", [])
    families = [line for line in lines if line.startswith("segment:")]
    for line in families or ["segment:"]:
        lines[line] = [*lines.get(line, []), *unknown]
    return [([_ALL], parts) for parts in lines.values() if parts]


def _of_weeks(rows: Mapping[Name, Row]) -> list[Sum]:
    """Return everybody up to the end of a week, the week before among them, and the waves that began by then."""
    weeks = sorted(name for level, name in rows if level == CUMULATED)
    found: list[Sum] = [([(CUMULATED, two)], [(CUMULATED, one)]) for one, two in pairwise(weeks)]
    for week in weeks:
        end = date.fromisoformat(week) + timedelta(days=7)
        waves = [name for name, row in rows.items() if row["level"] == "wave" and row["starts_on"] < end]
        found.append(([(CUMULATED, week)], waves))
    if weeks:
        found.append(([_ALL], [(CUMULATED, weeks[-1])]))
    return found


def _of_campaigns(known: Sequence[Row]) -> list[Sum]:
    """Return campaigns and their waves, and campaigns that share offers and all of these."""
    waves: dict[str, list[Name]] = {}
    for row in known:
        if row["level"] == "wave":
            waves.setdefault(row["campaign_id"], []).append(("wave", row["name"]))
    offers = [(str(row["campaign_id"]), str(row["name"])) for row in known if row["level"] == "offer"]
    found: list[Sum] = [([("campaign", campaign)], parts) for campaign, parts in waves.items()]
    for some, theirs in blocks(offers):
        found.append(([("campaign", one) for one in sorted(some)], [("offer", one) for one in sorted(theirs)]))
    return found


def _of_offers(known: Sequence[Row]) -> list[Sum]:
    """Return each offer beside its campaigns: people without one are counterparts of every offer of theirs."""
    found: dict[str, list[Name]] = {}
    for row in known:
        if row["level"] == "offer":
            found.setdefault(row["name"], []).append(("campaign", row["campaign_id"]))
    return [(campaigns, [("offer", offer)]) for offer, campaigns in found.items()]


def _of_lots(rows: Mapping[Name, Row], lots: Sequence[Row]) -> list[Sum]:
    """Return each wave as its lots and as its comparison, which lacks whose horizon is open."""
    return [
        ([("lots", lot["wave_id"])], [("wave", lot["wave_id"])]) for lot in lots if ("wave", lot["wave_id"]) in rows
    ]
