"""Learn what is known of every offer per segment, set its costs right on people it did not learn from, and store it.

Segments are few, so the choice goes to the cells that look cheap by luck, and their people are dearer than estimated
(models.picked). So segments are learned once more without each part of the people in turn, and what the rest would
choose for that part is held against what it cost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import cards, judging, picked, registry, segment_prior, uplift_card, uplift_metrics
from models.data import Floats
from models.judging import Fold, Guess
from models.picked import Picked
from models.segment_prior import Prior
from models.uplift_evidence import Evidence
from offermill.run import Run

NAME = "segment_prior"


@dataclass(frozen=True)
class Parts:
    """Which of `count` parts each row of the evidence is in; a person's rows are in one."""

    place: NDArray[np.int64]
    count: int


def store(run: Run, seen: Evidence, guess: Floats, parts: Parts, levels: Mapping[str, float]) -> None:
    """Store what is known of every offer per segment; it serves where no model may.

    Args:
        run: the training.
        seen: the evidence.
        guess: (n, arms) expected `seen.valued_orders`, the control first, from models that did not see the row.
        parts: of the people, for the check of costs.
        levels: of the season that the evidence is of (models.season).
    """
    costs = checked(seen, guess, parts)
    prior = corrected(learned(seen, guess), costs.factor)
    worths = {"order_margin": seen.order_margin, "order_worths": dict(seen.order_worths)}
    settings: dict[str, Any] = prior.to_json() | {"season": dict(levels)} | worths
    registry.save(
        run.shop.models, NAME, run.business_date, verdict=cards.ACCEPTED, features={}, parts={}, settings=settings,
        card=uplift_card.of_prior(run, prior, costs),
    )  # fmt: skip


def learned(seen: Evidence, guess: Floats) -> Prior:
    """Return what the evidence tells of every offer per segment.

    Orders are valued at the shop's mean margin of one, times what orders are worth that are made for an offer's
    category: the size of single baskets is mostly noise to a segment.
    """
    everybody = np.ones(len(seen.rows), dtype=bool)
    bench = judging.bench(seen, guess, everybody, outcome=seen.valued_orders)
    redeemed, bought = (
        np.asarray(seen.rows[name] > 0, dtype=np.float64) for name in ("redemption_count", "order_count")
    )
    return segment_prior.learn(
        bench.log,
        bench.arms,
        seen.features,
        spent=bench.spent,
        redeemed=redeemed,
        bought=bought,
        kin=seen.kin,
        order_worths=seen.order_worths,
        beside=seen.valued_beside,
    )


def checked(seen: Evidence, guess: Floats, parts: Parts) -> Picked:
    """Return what those cost whom a tight budget would pick by segments that did not learn from them."""
    folds = []
    for part in range(parts.count):
        held = parts.place == part
        if held.any() and not held.all():
            prior = learned(seen.part(~held), guess[~held])
            bench = judging.bench(seen, guess, held)
            folds.append(Fold(bench, guess_of(prior, seen.part(held), bench.arms), None))
    if not folds:
        return Picked(0, 0, 0.0, 0.0, 0.0)
    bench, said = judging.joined(folds)
    price = uplift_metrics.price_for(said.effect, said.cost, judging.BUDGET_SHARES[-1], bench.possible)
    return replace(picked.picked(bench, said, price), prior_error=picked.SEGMENTS_PRIOR_ERROR)


def guess_of(prior: Prior, seen: Evidence, arms: tuple[str, ...]) -> Guess:
    """Return what a prior says of people, by their segment; of offers it does not know, that nothing is known."""
    names, place = np.unique(prior.segments.of(seen.features), return_inverse=True)
    effect, cost = np.full((len(seen.rows), len(arms)), -np.inf), np.zeros((len(seen.rows), len(arms)))
    for column, arm in enumerate(arms):
        if arm in prior.offers:
            known = [prior.of(arm, name) for name in names.tolist()]
            effect[:, column] = np.array([one.effect for one in known])[place]
            cost[:, column] = np.array([one.cost for one in known])[place]
    return Guess(effect, cost)


def corrected(prior: Prior, factor: float) -> Prior:
    """Return the prior with costs multiplied by a factor, and effects net of them."""
    offers = {
        offer: {
            name: replace(one, effect=one.effect - (factor - 1) * one.cost, cost=factor * one.cost)
            for name, one in parts.items()
        }
        for offer, parts in prior.offers.items()
    }
    return replace(prior, offers=offers)
