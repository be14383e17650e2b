"""The policy of a night as a function of arrays: groups, money and estimates in, one offer or nothing per person out.

The order: a pilot first (paid at its worst case), then exploration (at expected cost), then the choice of the best with
what is left. Who could be drawn into a pilot or to explore but was not stands with those who choose.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa

from offermill.money import share_of
from offers import propensity
from offers.allocation import Choice, Limit, allocate
from offers.draws import Draw, Purse, draw
from offers.people import CHOOSE, EXPLORE, NOTHING, PILOT, Flags, Floats, Ints, Pairs, People, best_per_person

BUDGET = "budget"


@dataclass(frozen=True)
class Rules:
    """What the policy is told: shares of the lots, the money of the night, and how lots are named.

    Attributes:
        available_minor: what may be spent tonight.
        template_shares: for a template (its position), the share of the money left to choose with that it may use.
        lot: salt and night, which begin the purpose of every lot.
    """

    global_control: float
    campaign_control: float
    explore: float
    pilot: float
    available_minor: int
    template_shares: dict[int, float]
    lot: tuple[str, str]


@dataclass(frozen=True)
class Plan:
    """What the policy decided.

    Attributes:
        group: index into GROUPS by which each person's choice was made.
        chosen: each person's candidate, or NOTHING.
        lot: each person's second lot where one was drawn, else NaN.
        best: the candidate with the highest score above 0 of each person, or NOTHING.
        price: price of each candidate's cost (margin per money), all limits on it together.
        score: value - price x cost of each candidate.
        chance: propensity of each candidate (see offers.propensity).
        standing: what may be explored, piloted and chosen.
        limits, choice: the allocation among those who choose.
        is_cold: no candidate has evidence: the whole night is a pilot.
    """

    group: Ints
    chosen: Ints
    lot: Floats
    best: Ints
    price: Floats
    chance: Floats
    standing: propensity.Standing
    limits: tuple[Limit, ...]
    choice: Choice
    is_cold: bool


def decide(people: People, pairs: Pairs, rules: Rules) -> Plan:
    """Return the night's plan; expected cost and the pilot's worst case stay within `rules.available_minor`."""
    is_cold = not bool(pairs.has_evidence.any())
    explorable, pilotable = _explorable(pairs, rules), ~pairs.has_evidence & (pairs.worst <= rules.available_minor)
    pilot = _draw_pilot(people, pairs, rules, pilotable, is_cold)
    left = rules.available_minor - _spent(pilot, pairs.worst)
    explore = _draw_explorers(people, pairs, rules, explorable, left)
    left -= _spent(explore, pairs.cost)
    group = _effective_groups(people, pilot, explore, is_cold)
    limits, choice = _choose(pairs, rules, group, left)
    price = _prices(pairs, choice)
    choosable = pairs.has_evidence & (pairs.value > 0) & (pairs.cost <= left)
    standing = propensity.Standing(explorable, pilotable, choosable, pairs.value - price * pairs.cost)
    chosen = _chosen(people, pairs, choice, (pilot, explore))
    return Plan(
        group=group,
        chosen=chosen,
        lot=_lots(people, (pilot, explore)),
        best=best_per_person(pairs, choosable & ~pairs.is_held_back, standing.score, len(people)),
        price=price,
        chance=propensity.of_offers(
            pairs, standing, _chances(rules, pilot, explore, is_cold), propensity.Taken(group == CHOOSE, chosen)
        ),
        standing=standing,
        limits=limits,
        choice=choice,
        is_cold=is_cold,
    )


def purse(available_minor: int, share: float) -> int:
    """Return the part of the money that a share of the people may use."""
    return share_of(available_minor, Decimal(str(share)))


def _explorable(pairs: Pairs, rules: Rules) -> Flags:
    """Tell which candidates are affordable to explore: known cost, within what exploration may use."""
    return pairs.has_evidence & (pairs.cost <= purse(rules.available_minor, rules.explore))


def _draw_pilot(people: People, pairs: Pairs, rules: Rules, pilotable: Flags, is_cold: bool) -> Draw:
    return draw(
        people,
        pairs,
        could=people.group >= EXPLORE if is_cold else people.group == PILOT,
        mask=pilotable,
        amount=pairs.worst,
        purse=Purse(purse(rules.available_minor, 1.0 if is_cold else rules.pilot), rules.available_minor),
        purpose=(rules.lot[0], "arm", rules.lot[1]),
        has_control=True,
    )


def _draw_explorers(people: People, pairs: Pairs, rules: Rules, explorable: Flags, left: int) -> Draw:
    return draw(
        people,
        pairs,
        could=people.group == EXPLORE,
        mask=explorable,
        amount=pairs.cost,
        purse=Purse(purse(rules.available_minor, rules.explore), left),
        purpose=(rules.lot[0], "explore", rules.lot[1]),
        has_control=False,
    )


def _spent(drawn: Draw, amount: Ints) -> int:
    return int(amount[drawn.chosen[drawn.chosen != NOTHING]].sum())


def _effective_groups(people: People, pilot: Draw, explore: Draw, is_cold: bool) -> Ints:
    group = people.group.copy()
    group[people.group >= EXPLORE] = CHOOSE
    group[explore.members] = EXPLORE
    group[pilot.members] = PILOT
    return group


def _choose(pairs: Pairs, rules: Rules, group: Ints, left: int) -> tuple[tuple[Limit, ...], Choice]:
    """Allocate the money left among the people who choose."""
    rows = np.flatnonzero(
        (group[pairs.person] == CHOOSE) & ~pairs.is_held_back & pairs.has_evidence & (pairs.value > 0)
    )
    table = pa.table(
        {
            "customer_id": pairs.person[rows],
            "offer_id": pairs.offer[rows],
            "template": pairs.template[rows],
            "value": pairs.value[rows],
            "cost_minor": pairs.cost[rows],
        }
    )
    shares = rules.template_shares.items()
    limits = (
        Limit(BUDGET, left, "cost_minor"),
        *(Limit(f"{template}", purse(left, share), "cost_minor", {"template": template}) for template, share in shares),
    )
    found = allocate(table, limits)
    mapped = Choice(rows[found.rows], found.value, found.upper_bound, found.gap, found.prices, found.used)
    return limits, mapped


def _prices(pairs: Pairs, choice: Choice) -> Floats:
    """Return the price of each candidate's cost: the budget's and that of its template's share."""
    price = np.full(len(pairs), choice.prices[BUDGET])
    for name, extra in choice.prices.items():
        if name != BUDGET:
            price[pairs.template == int(name)] += extra
    return price


def _chosen(people: People, pairs: Pairs, choice: Choice, draws: tuple[Draw, Draw]) -> Ints:
    chosen = np.full(len(people), NOTHING, dtype=np.int64)
    chosen[pairs.person[choice.rows]] = choice.rows
    for drawn in draws:
        chosen[drawn.members] = drawn.chosen
    return chosen


def _lots(people: People, draws: tuple[Draw, Draw]) -> Floats:
    lot = np.full(len(people), np.nan)
    for drawn in draws:
        lot[drawn.members] = drawn.lot
    return lot


def _chances(rules: Rules, pilot: Draw, explore: Draw, is_cold: bool) -> propensity.Chances:
    return propensity.Chances(
        global_control=rules.global_control,
        campaign_control=rules.campaign_control,
        explore=rules.explore * explore.chance,
        pilot=(1.0 if is_cold else rules.pilot) * pilot.chance,
    )
