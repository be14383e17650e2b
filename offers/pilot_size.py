"""The size of a pilot: what is asked for, what people and money allow, and what can be found with less."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from offermill.errors import ConfigError
from offermill.money import to_text
from offers import pilot_lots, power
from offers.pilot_facts import ArmCost, Facts
from offers.pilot_lots import Lots, Shared
from offers.power import Design, Spread

# A pilot that draws people for longer mixes seasons; --nights may say so.
USUAL_NIGHTS = 60
# A week, so that people drawn on every weekday are in it.
USUAL_FEWEST_NIGHTS = 7
# Lots that are drawn together cost at most this many of the dearest arm beyond their mean (offers.even_draw), as long
# as no more than three limits are tight; with more a night draws a few people less.
SPARE_PEOPLE = 4


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
    """A pilot that fits: people per arm and what draws them, nights, after which of them the looks are."""

    cohort: Shared
    lots: Lots
    nights: int
    per_night: int
    look_nights: tuple[int, ...]


@dataclass(frozen=True)
class Bound:
    """One thing that keeps a pilot small: how many people it allows, and why, in words."""

    people: int
    why: str
    cure: str


def check(wish: Wish) -> None:
    """Refuse a wish that no pilot of any shop can grant.

    Raises:
        ConfigError: names the option, what was given and what would do.
    """
    wrong = next(_wrong(wish), None)
    if wrong:
        raise ConfigError(wrong)


def _wrong(wish: Wish) -> Iterator[str]:
    if not wish.effect > 0:
        yield (
            f"--effect {wish.effect:g}: the smallest effect worth finding must be more than 0; write a {_unit(wish)}."
        )
    if not 0.5 <= wish.power < 1:
        yield f"--power {wish.power:g}: must be at least 0.5 and below 1; 0.8 finds a true effect in 4 of 5 pilots."
    if not 0 < wish.alpha <= 0.5:
        yield f"--alpha {wish.alpha:g}: must be above 0 and at most 0.5; 0.05 lets one of twenty such pilots err."
    if wish.nights is not None and wish.nights < 1:
        yield f"--nights {wish.nights}: must be 1 or more; leave it out for as few as the money allows."


def _unit(wish: Wish) -> str:
    if wish.metric == "margin":
        return "margin per person, such as 0.50"
    return "change of the chance to buy, such as 0.02"


def check_chance(wish: Wish, facts: Facts) -> None:
    """Refuse a change of the chance to buy beyond everybody.

    Raises:
        ConfigError: says how many buy.
    """
    if wish.metric == "conversion" and wish.effect + facts.chance >= 1:
        raise ConfigError(
            f"--effect {wish.effect:g}: {facts.chance:.1%} buy without an offer, so the chance to buy cannot rise by "
            f"{wish.effect:.1%}; write a {_unit(wish)}."
        )


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

    def mean(self, lots: Lots) -> float:
        """Return what a person drawn costs on average, as it counts, in minor units."""
        each = [self._counted(arm) for arm in self.facts.arms]
        return sum(share * cost for share, cost in zip(lots.shares, each, strict=True))

    def _counted(self, arm: ArmCost) -> int:
        return arm.expected if self.wish.counts == "expected" else arm.worst

    def cost(self, people: Shared, counts: str) -> int:
        """Return what a cohort costs in minor units, as expected or at worst."""
        each = [arm.expected if counts == "expected" else arm.worst for arm in self.facts.arms]
        return sum(size * cost for size, cost in zip(people.arms, each, strict=True))

    def spare(self) -> int:
        """Return what a night keeps free: what its lots may cost beyond the mean."""
        return SPARE_PEOPLE * max(self._counted(arm) for arm in self.facts.arms)

    def at_most(self, people: Shared) -> int:
        """Return the money with which every night can draw its people."""
        return self.cost(people, self.wish.counts) + self.spare()

    def fit(self) -> Size:
        """Return the smallest pilot that grants the wish: of all sizes of the control arm, the smallest that fits.

        Raises:
            ConfigError: people or money do not allow it; says what they do allow.
        """
        if (self.wish.nights or 1) > self.room.nights_at_most:
            raise ConfigError(
                f"--nights {self.wish.nights}: the campaigns of these offers leave {self.room.nights_at_most}."
            )
        design = self.design(_evenly(self.wish.looks))
        tried = pilot_lots.possible(self.facts.open_sets, len(self.facts.arms), self.spread)
        sizes = sorted(((lots.wanted(design, self.spread, self.wish.effect), lots) for lots in tried), key=_size)
        for wanted, lots in sizes:
            if min(bound.people for bound in self._bounds(lots, wanted)) >= wanted:
                return self._scheduled(lots, wanted)
        wanted, lots = sizes[0]
        raise ConfigError(self._too_small(lots, wanted, min(self._bounds(lots, wanted), key=lambda one: one.people)))

    def _bounds(self, lots: Lots, wanted: int) -> Iterator[Bound]:
        most_nights = min(self.wish.nights or USUAL_NIGHTS, self.room.nights_at_most)
        standing = self.facts.standing + int(self.facts.joining * (most_nights - 1))
        yield Bound(
            standing,
            f"{self.facts.standing:,} people stand for it and {self.facts.joining:.1f} join per night, "
            f"so {most_nights} nights can draw {standing:,}",
            "",
        )
        if self.wish.budget is not None:
            asked = self.at_most(lots.shared(wanted))
            people = int(max(self.wish.budget - self.spare(), 0) / max(self.mean(lots), 1e-9))
            why = f"--budget {self._money(self.wish.budget)} pays for fewer"
            yield Bound(
                min(people, standing) if self.wish.budget < asked else wanted, why, f"--budget {self._typed(asked)}"
            )
        by_money = self._by_money(lots, wanted)
        yield Bound(
            by_money * most_nights,
            f"a night may spend {self._money(self.room.night_money)} on a pilot, which draws {by_money:,} people, "
            f"so {most_nights} nights can draw {by_money * most_nights:,}",
            "a larger randomisation.pilot_share or budget",
        )

    def _nights(self, lots: Lots, wanted: int) -> int:
        """Return the fewest nights in which money and people allow the cohort, a week at least."""
        found = power.nights_needed(
            wanted,
            standing=self.facts.standing,
            joining=self.facts.joining,
            per_night=self._by_money(lots, wanted),
        )
        return min(max(found or 0, USUAL_FEWEST_NIGHTS), self.room.nights_at_most)

    def _by_money(self, lots: Lots, wanted: int) -> int:
        """Return how many people a night's money can draw at what they cost on average."""
        mean = self.mean(lots)
        return int(max(self.room.night_money - self.spare(), 0) / mean) if mean else wanted

    def _scheduled(self, lots: Lots, wanted: int) -> Size:
        """Return the size with looks where the nights put them: half way and at the end, or evenly."""
        nights = self.wish.nights or self._nights(lots, wanted)
        per_night = ceil(wanted / nights)
        nights = ceil(wanted / per_night)
        looks = sorted({ceil(nights * share) for share in _evenly(self.wish.looks)})
        design = self.design(tuple(min(look * per_night / wanted, 1.0) for look in looks))
        # The true looks may ask for a handful more people than people or money allow: then it is left at that.
        people = min(lots.wanted(design, self.spread, self.wish.effect), wanted)
        return Size(lots.shared(people), lots, nights, ceil(people / nights), tuple(looks))

    def _too_small(self, lots: Lots, wanted: int, bound: Bound) -> str:
        cures = [f"--effect {self._least(lots, bound.people)}"] if self._is_enough(lots, bound.people) else []
        cures += [bound.cure] if bound.cure else []
        choose = f" Choose {' or '.join(cures)}." if cures else ""
        arms = self.facts.arms
        fewer = " Fewer arms need fewer people: --template, --offer." if len(arms) > 1 else ""
        return (
            f"to find an effect of {self._effect(self.wish.effect)} with power {self.wish.power:.0%} the pilot needs "
            f"{wanted:,} people ({_sizes(lots.shared(wanted))}) and "
            f"{self._money(self.cost(lots.shared(wanted), self.wish.counts))} ({self.wish.counts}); but {bound.why}."
            f"{self._rarest()} {self._instead(lots, bound.people)}{choose}{fewer}"
        )

    def _rarest(self) -> str:
        """Say which arm makes the pilot large where it is open to less than half of the people."""
        people, arm = min((self.facts.people(place), place) for place in range(len(self.facts.arms)))
        if 2 * people >= self.facts.standing:
            return ""
        return f" Only {people:,} of {self.facts.standing:,} may get {self.facts.arms[arm].offer_id}."

    def _is_enough(self, lots: Lots, people: int) -> bool:
        within = lots.shared(people)
        return min(*within.arms, *within.controls) >= power.FEWEST_PER_ARM

    def _instead(self, lots: Lots, people: int) -> str:
        if not self._is_enough(lots, people):
            return f"That is fewer than {power.FEWEST_PER_ARM} an arm, with which nothing can be said."
        design, within = self.design(_evenly(self.wish.looks)), lots.shared(people).each()
        chance = min(power.power_of(design, self.spread, one, self.wish.effect) for one in within)
        return (
            f"With {people:,} people it finds an effect of {self._effect(self._detectable(lots, people))} "
            f"with that power, and one of {self._effect(self.wish.effect)} in {chance:.0%} of such pilots."
        )

    def _detectable(self, lots: Lots, people: int) -> float:
        design = self.design(_evenly(self.wish.looks))
        return max(power.detectable(design, self.spread, one) for one in lots.shared(people).each())

    def _least(self, lots: Lots, people: int) -> str:
        """Return the smallest effect for --effect, rounded up to what can be written."""
        found = self._detectable(lots, people)
        if self.wish.metric == "conversion":
            return f"{ceil(found * 1000) / 1000:.3f}"
        return self._typed(ceil(found))

    def _typed(self, minor: int) -> str:
        return to_text(minor, self.room.digits)

    def _effect(self, effect: float) -> str:
        return f"{effect * 100:.1f} points" if self.wish.metric == "conversion" else self._money(effect)

    def _money(self, minor: float) -> str:
        return f"{minor / 10**self.room.digits:,.{self.room.digits}f} {self.room.currency}"


def _size(found: tuple[int, Lots]) -> int:
    return found[0]


def _sizes(people: Shared) -> str:
    least, most = min(people.arms), max(people.arms)
    each = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    return f"{each} in each of {len(people.arms)} arms, {people.control:,} in the control arm"


def _evenly(looks: int) -> tuple[float, ...]:
    return tuple((look + 1) / looks for look in range(looks))
