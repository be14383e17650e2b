"""Sums of campaigns that are told exactly although some of their offers are hidden: where that gives no cell back."""

from collections.abc import Iterable, Mapping, Sequence, Set

from dashboards.tied import Name, Tie, told

# More hidden cells than this are not looked through: their campaigns are told as "at least".
_CELLS_AT_MOST = 600


def safe(
    counts: Mapping[Name, int],
    cells: Set[Name],
    bins: Set[str],
    offers: Set[str],
    campaigns: Mapping[str, str],
    minimum: int,
) -> set[str]:
    """Return the campaigns whose sum over all nights may be told.

    A sum may be told if at least two of its offers are hidden, they and the hidden ones of other campaigns hold at
    least `minimum` people, the same is left of every sum that the campaign is a part of, and no hidden cell follows
    from all sums together.

    Args:
        counts: (bin, offer) -> people.
        cells: the hidden ones of these.
        bins: bins whose sum is not told.
        offers: offers whose sum over all bins is not told.
        campaigns: offer -> campaign.
    """
    hidden = sorted(cell for cell in cells if counts[cell])
    if not hidden or len(hidden) > _CELLS_AT_MOST:
        return set()
    lines = [
        hidden,
        *([cell for cell in hidden if cell[0] == one] for one in sorted({cell[0] for cell in hidden} - bins)),
        *([cell for cell in hidden if cell[1] == one] for one in sorted({cell[1] for cell in hidden} - offers)),
    ]
    found: set[str] = set()
    for campaign in sorted({campaigns[offer] for offer in offers}):
        own = [cell for cell in hidden if campaigns[cell[1]] == campaign]
        is_two = len({cell[1] for cell in own if cell[1] in offers}) > 1
        if (
            is_two
            and _leaves_enough(counts, own, lines, minimum)
            and _follows(lines, hidden) == _follows([*lines, own], hidden)
        ):
            lines.append(own)
            found.add(campaign)
    return found


def _follows(lines: Iterable[Sequence[Name]], hidden: Sequence[Name]) -> list[Name]:
    return told([Tie(line, ()) for line in lines], hidden)


def _leaves_enough(
    counts: Mapping[Name, int], own: Sequence[Name], lines: Iterable[Sequence[Name]], minimum: int
) -> bool:
    """Return whether the hidden cells of a campaign, and what they leave of sums around them, are no few people."""
    around = [set(line) - set(own) for line in lines if set(own) <= set(line)]
    return all(not cells or sum(counts[cell] for cell in cells) >= minimum for cells in [set(own), *around])
