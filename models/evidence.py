"""What a randomised trial must have to say anything, and what a pilot would need."""

from collections.abc import Mapping, Sequence
from math import ceil

from offermill.errors import ModelError

CONTROL = "control"
# Fewer people than this in an arm tell nothing worth money.
ROWS_PER_ARM = 200
# For a two-sided test at 5 % that finds a true change in four of five pilots: 1.96 + 0.84.
_DETECTION = 2.8
# What a pilot should be able to see: a change of the chance to buy by three points.
_POINTS = 0.03


class NoEvidence(ModelError):  # noqa: N818  (the name says what is the case)
    """Nothing was assigned at random, or too little of it, to learn what an offer changes."""


def rows_per_arm(chance: float, change: float = _POINTS) -> int:
    """Return how many people each arm needs so that `change` of the chance to buy is found.

    Normal approximation of two proportions: n = (z_alpha/2 + z_beta)^2 * 2 p (1 - p) / change^2.
    """
    return ceil(_DETECTION**2 * 2 * chance * (1 - chance) / change**2)


def pilot_need(chance: float | None) -> str:
    """Return one or two sentences on the pilot that would give the evidence."""
    needed = "A pilot needs a control arm and at least one offer arm, drawn at random with logged propensities"
    if chance is None or not 0 < chance < 1:
        return f"{needed}, and {ROWS_PER_ARM} people or more in each."
    rows = rows_per_arm(chance)
    return (
        f"{needed}. At the present chance to buy of {chance:.0%}, an arm of {rows:,} people shows a change of "
        f"{_POINTS * 100:.0f} points; half that change needs {rows_per_arm(chance, _POINTS / 2):,}."
    )


def arms_with_evidence(rows: Mapping[str, int], wanted: Sequence[str], chance: float | None = None) -> list[str]:
    """Return those of `wanted` with enough people, in the given order.

    Raises:
        NoEvidence: the control arm or every offer arm has fewer than ROWS_PER_ARM people.
    """
    if rows.get(CONTROL, 0) < ROWS_PER_ARM:
        raise NoEvidence(
            f"No randomised evidence: {rows.get(CONTROL, 0)} people in the control arm, at least {ROWS_PER_ARM} "
            f"are needed. {pilot_need(chance)}"
        )
    enough = [arm for arm in wanted if rows.get(arm, 0) >= ROWS_PER_ARM]
    if not enough:
        most = max((rows.get(arm, 0) for arm in wanted), default=0)
        raise NoEvidence(
            f"No randomised evidence: no offer arm has {ROWS_PER_ARM} people (the largest has {most}). "
            f"{pilot_need(chance)}"
        )
    return enough
