"""The size of a pilot: what is asked for, what people and money allow, and what can be found with less."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from offermill.errors import ConfigError
from offermill.money import to_text
from offers import power
from offers.pilot_facts import Facts
from offers.power import Cohort, Design, Spread

# A pilot that draws people for longer mixes seasons; --nights may say so.
USUAL_NIGHTS = 60
# A week, so that people drawn on every weekday are in it.
USUAL_FEWEST_NIGHTS = 7


@dataclass(frozen=True)
class Wish:
    """What somebody asks of a pilot.

    Attributes:
        metric: margin or conversion.
        effect: smallest effect worth finding: minor units per person, or a change of the chance to buy.
        nights: how many nights may draw, or None for as few as the money allows, a week at least.
        budget: most that the pilot may cost, in minor units, or None.
        counts: what a draw counts in the budgets, expected or worst.
        looks: how many dates on which a verdict may fall.
    """

    metric: str
    effect: float
    alpha: float = 0.05
    power: float = 0.8
    nights: int | None = None
    budget: int | None = None
    counts: str = "expected"
    looks: int = 2


@dataclass(frozen=True)
class Room:
    """What people and money allow: the night's money, the nights that the campaign leaves, how money is written."""

    night_money: int
    nights_at_most: int
    currency: str
    digits: int


@dataclass(frozen=True)
class Size:
    """A pilot that fits: people per arm, nights, after which of them the looks are, and the design with those looks."""

    cohort: Cohort
    nights: int
    per_night: int
    look_nights: tuple[int, ...]
    design: Design
    spread: Spread


@dataclass(frozen=True)
class Bound:
    """One thing that keeps a pilot small: how many people it allows, and why, in words."""

    people: int
    why: str
    cure: str


def check(wish: Wish, facts: Facts) -> None:
    """Refuse a wish that no pilot can grant.

    Raises:
        ConfigError: names the option, what was given and what would do.
    """
    wrong = next(_wrong(wish, facts), None)
    if wrong:
        raise ConfigError(wrong)


def _wrong(wish: Wish, facts: Facts) -> Iterator[str]:
    unit = "margin per person, such as 0.50" if wish.metric == "margin" else "change of the chance to buy, such as 0.02"
    if not wish.effect > 0:
        yield f"--effect {wish.effect:g}: the smallest effect worth finding must be more than 0; write a {unit}."
    if wish.metric == "conversion" and wish.effect + facts.chance >= 1:
        yield (
            f"--effect {wish.effect:g}: {facts.chance:.1%} buy without an offer, so the chance to buy cannot rise by "
            f"{wish.effect:.1%}; write a {unit}."
        )
    if not 0.5 <= wish.power < 1:
        yield f"--power {wish.power:g}: must be at least 0.5 and below 1; 0.8 finds a true effect in 4 of 5 pilots."
    if not 0 < wish.alpha <= 0.5:
        yield f"--alpha {wish.alpha:g}: must be above 0 and at most 0.5; 0.05 lets one of twenty such pilots err."
    if wish.nights is not None and wish.nights < 1:
        yield f"--nights {wish.nights}: must be 1 or more; leave it out for as few as the money allows."


@dataclass(frozen=True)
class Sizing:
    """One wish, the facts and the room it has."""

    wish: Wish
    facts: Facts
    room: Room

    @cached_property
    def spread(self) -> Spread:
        """Return the variance per person of what is measured."""
        if self.wish.metric == "conversion":
            return Spread.of_chance(self.facts.chance, self.wish.effect)
        return Spread.of_money(self.facts.variance, self.facts.explained)

    def design(self, fractions: tuple[float, ...]) -> Design:
        """Return the design with looks at these shares of the evidence."""
        return Design(len(self.facts.arms), self.wish.alpha, self.wish.power, fractions)

    def cost(self, people: Cohort, counts: str) -> int:
        """Return what a cohort costs in minor units, as expected or at worst."""
        return people.arm * sum(arm.expected if counts == "expected" else arm.worst for arm in self.facts.arms)

    def dearest(self) -> int:
        """Return what the dearest arm costs a person as it counts: what a night must have ready for each one drawn."""
        return max(arm.expected if self.wish.counts == "expected" else arm.worst for arm in self.facts.arms)

    def at_most(self, people: Cohort, nights: int) -> int:
        """Return the money with which every night can draw its people, whatever the lots name."""
        per_night = ceil(people.total / nights)
        before = self.cost(people, self.wish.counts) * (people.total - per_night) // people.total
        return before + per_night * self.dearest()

    def fit(self) -> Size:
        """Return the smallest pilot that grants the wish.

        Raises:
            ConfigError: people or money do not allow it; says what they do allow.
        """
        if (self.wish.nights or 1) > self.room.nights_at_most:
            raise ConfigError(
                f"--nights {self.wish.nights}: the campaigns of these offers leave {self.room.nights_at_most}."
            )
        wanted = power.cohort(self.design(_evenly(self.wish.looks)), self.spread, self.wish.effect)
        narrowest = min(self._bounds(wanted), key=lambda bound: bound.people)
        if narrowest.people < wanted.total:
            raise ConfigError(self._too_small(wanted, narrowest))
        nights = self.wish.nights or self._nights(wanted)
        return self._scheduled(wanted, nights)

    def _bounds(self, wanted: Cohort) -> Iterator[Bound]:
        most_nights = min(self.wish.nights or USUAL_NIGHTS, self.room.nights_at_most)
        standing = self.facts.standing + int(self.facts.joining * (most_nights - 1))
        yield Bound(
            standing,
            f"{self.facts.standing:,} people stand for it and {self.facts.joining:.1f} join per night, "
            f"so {most_nights} nights can draw {standing:,}",
            "",
        )
        if self.wish.budget is not None:
            asked = self.at_most(wanted, self.wish.nights or self._nights(wanted))
            people = wanted.total * self.wish.budget // max(asked, 1)
            why = f"--budget {self._money(self.wish.budget)} pays for fewer, whatever the lots name"
            yield Bound(people, why, f"--budget {self._typed(asked)}")
        by_money = self._by_money(wanted)
        yield Bound(
            by_money * most_nights,
            f"a night may spend {self._money(self.room.night_money)} on a pilot, which draws {by_money:,} people, "
            f"so {most_nights} nights can draw {by_money * most_nights:,}",
            "a larger randomisation.pilot_share or budget",
        )

    def _nights(self, wanted: Cohort) -> int:
        """Return the fewest nights in which money and people allow the cohort, a week at least."""
        found = power.nights_needed(
            wanted.total, standing=self.facts.standing, joining=self.facts.joining, per_night=self._by_money(wanted)
        )
        return min(max(found or 0, USUAL_FEWEST_NIGHTS), self.room.nights_at_most)

    def _by_money(self, wanted: Cohort) -> int:
        """Return how many people a night's money can draw when each might get the dearest arm."""
        return self.room.night_money // self.dearest() if self.dearest() else wanted.total

    def _scheduled(self, wanted: Cohort, nights: int) -> Size:
        """Return the size with looks where the nights put them: half way and at the end, or evenly."""
        per_night = ceil(wanted.total / nights)
        nights = ceil(wanted.total / per_night)
        looks = sorted({ceil(nights * share) for share in _evenly(self.wish.looks)})
        design = self.design(tuple(min(look * per_night / wanted.total, 1.0) for look in looks))
        # The true looks may ask for a handful more people than people or money allow: then it is left at that.
        people = min(power.cohort(design, self.spread, self.wish.effect), wanted, key=lambda size: size.total)
        return Size(people, nights, ceil(people.total / nights), tuple(looks), design, self.spread)

    def _too_small(self, wanted: Cohort, bound: Bound) -> str:
        cures = [f"--effect {self._least(bound.people)}"] if bound.people >= 2 * power.FEWEST_PER_ARM else []
        cures += [bound.cure] if bound.cure else []
        choose = f" Choose {' or '.join(cures)}." if cures else ""
        fewer = " Fewer arms need fewer people: --template, --offer." if wanted.arms > 1 else ""
        return (
            f"to find an effect of {self._effect(self.wish.effect)} with power {self.wish.power:.0%} the pilot needs "
            f"{wanted.total:,} people ({wanted.arm:,} in each of {wanted.arms} arms, {wanted.control:,} in the control "
            f"arm) and {self._money(self.cost(wanted, self.wish.counts))} ({self.wish.counts}); but {bound.why}. "
            f"{self._instead(bound.people)}{choose}{fewer}"
        )

    def _instead(self, people: int) -> str:
        within = power.split(people, len(self.facts.arms))
        if within.arm < power.FEWEST_PER_ARM:
            return f"That is fewer than {power.FEWEST_PER_ARM} an arm, with which nothing can be said."
        design = self.design(_evenly(self.wish.looks))
        chance = power.power_of(design, self.spread, within, self.wish.effect)
        return (
            f"With {within.total:,} people it finds an effect of {self._effect(self._detectable(people))} "
            f"with that power, and one of {self._effect(self.wish.effect)} in {chance:.0%} of such pilots."
        )

    def _detectable(self, people: int) -> float:
        design = self.design(_evenly(self.wish.looks))
        return power.detectable(design, self.spread, power.split(people, len(self.facts.arms)))

    def _least(self, people: int) -> str:
        """Return the smallest effect for --effect, rounded up to what can be written."""
        found = self._detectable(people)
        if self.wish.metric == "conversion":
            return f"{ceil(found * 1000) / 1000:.3f}"
        return self._typed(ceil(found))

    def _typed(self, minor: int) -> str:
        return to_text(minor, self.room.digits)

    def _effect(self, effect: float) -> str:
        return f"{effect * 100:.1f} points" if self.wish.metric == "conversion" else self._money(effect)

    def _money(self, minor: float) -> str:
        return f"{minor / 10**self.room.digits:,.{self.room.digits}f} {self.room.currency}"


def _evenly(looks: int) -> tuple[float, ...]:
    return tuple((look + 1) / looks for look in range(looks))
