"""What it is worth to keep a customer for a later night, when the coming nights' money brings more then.

Whoever gets an offer tonight gets no other one while it counts. A night that chooses for itself alone takes everybody
it can reach cheaply, and the nights after it have money but nobody left. So the money of as many nights as an offer
counts is allocated once to everybody who can have an offer in them, and its prices say what each customer brings at
the best then: value less price x cost. That is what an offer of tonight has to beat (a bid price: Talluri and van Ryzin
1998; resource-constrained resolving as in Jasin and Kumar 2012).
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from offers import choosing, night_limits
from offers.night_limits import NightLimit
from offers.people import Flags, Ints, Pairs, most_per_person


@dataclass(frozen=True)
class Ahead:
    """The coming nights, tonight among them.

    Attributes:
        pairs: candidates of customers whom only a rule that passes keeps from an offer tonight.
        limits: what the limits allow in these nights together.
        nights: how many there are: as many as an offer of tonight keeps its customer from another one.
    """

    pairs: Pairs
    limits: tuple[NightLimit, ...]
    nights: int


def worth(pairs: Pairs, mask: Flags, ahead: Ahead, people: int, held_back: Flags | None = None) -> Ints:
    """Return per person what waiting is worth, in minor units; 0 for those whom no later night would choose.

    Args:
        pairs: tonight's candidates.
        mask: those of them that may be chosen.
        ahead: the coming nights.
        people: how many people there are.
        held_back: candidates of people whom a lot keeps from all of theirs. They compete for no money; but what waiting
            would be worth to them is part of what they would have been given, and so of their logged chances.
    """
    if ahead.nights < 2 or not mask.any():
        return np.zeros(people, dtype=np.int64)
    everybody = _joined(_of(pairs, mask), _of(ahead.pairs, ahead.pairs.value > 0))
    limits = tuple(replace(limit, at_least=None) for limit in ahead.limits)
    choice, _ = choosing.allocated(everybody, limits, np.arange(len(everybody)))
    prices = [choice.prices[limit.name] for limit in limits]
    surplus = np.maximum(pairs.value - night_limits.penalty(limits, pairs, prices), 0.0)
    # One night of waiting is one night less with an offer.
    kept = np.floor(surplus * (1 - 1 / ahead.nights)).astype(np.int64)
    return most_per_person(pairs, mask if held_back is None else mask | held_back, kept, people)


def _of(pairs: Pairs, mask: Flags) -> Pairs:
    return Pairs(**{field.name: getattr(pairs, field.name)[mask] for field in fields(pairs)})


def _joined(one: Pairs, two: Pairs) -> Pairs:
    """Return the candidates of both, by person and offer."""
    order = np.lexsort((np.concatenate([one.offer, two.offer]), np.concatenate([one.person, two.person])))
    names = [field.name for field in fields(one)]
    return Pairs(**{name: np.concatenate([getattr(one, name), getattr(two, name)])[order] for name in names})
