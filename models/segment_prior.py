"""What an offer changes per segment, where no model may say it for every person: AIPW means, shrunk by their noise.

A segment is a class of recency and of frequency. What sets it apart is first taken to be the same under every offer.
Each offer's own figure is pulled to that, the offer's mean to what is usual for an offer that is redeemed as much
(models.appeal), and what is usual to zero, each by how much of the spread is noise (empirical Bayes: Morris 1983;
spread by DerSimonian and Laird 1986).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models import appeal, policy_value, qualifying, segment_cost, shrinkage
from models.data import Floats
from models.policy_value import Log
from models.segment_cost import PRIOR_ROWS, Kin, SegmentCosts

RECENCY, FREQUENCY = "days_since_order", "order_count_365_days"
ALL = "all"
_LEAST_SPREAD = 0.1
# Thirds by recency, halves by frequency: more segments than these have too few people in a pilot.
_CLASSES = ((RECENCY, 3), (FREQUENCY, 2))


@dataclass(frozen=True)
class Segments:
    """Upper ends of the classes per feature, learned once and kept."""

    edges: Mapping[str, Sequence[float]]

    @classmethod
    def learn(cls, features: pa.Table) -> Self:
        """Return classes of about equal size; features that are missing make none."""
        edges: dict[str, list[float]] = {}
        for name, classes in _CLASSES:
            values = features[name].to_numpy().astype(np.float64) if name in features.column_names else np.empty(0)
            known = values[~np.isnan(values)]
            shares = np.arange(1, classes) / classes
            edges[name] = np.unique(np.quantile(known, shares, method="lower")).tolist() if len(known) else []
        return cls(edges)

    def of(self, features: pa.Table) -> NDArray[np.str_]:
        """Return the segment of every row: the number of its class per feature, `-` where the feature is null."""
        names = [self._classes(features, name) for name, _ in _CLASSES]
        return np.char.add(np.char.add(names[0], "."), names[1])

    def _classes(self, features: pa.Table, name: str) -> NDArray[np.str_]:
        if name not in features.column_names:
            return np.full(features.num_rows, "-")
        values = features[name].to_numpy().astype(np.float64)
        places = np.searchsorted(np.asarray(self.edges[name]), values, side="left")
        return np.where(np.isnan(values), "-", places.astype(str))


@dataclass(frozen=True)
class Known:
    """What is known of an offer in a segment, per person and wave, in minor units.

    Attributes:
        effect, error: incremental margin net of the offer's cost, after shrinking, and its standard error.
        cost: expected cost.
        redeem_chance: chance that the offer is redeemed.
        baseline_chance: chance to buy without an offer.
        row_count: people who got the offer, in all segments.
    """

    effect: float
    error: float
    cost: float
    redeem_chance: float
    baseline_chance: float
    row_count: int


@dataclass(frozen=True)
class Prior:
    """Offer -> segment -> what is known; `all` stands for segments that the evidence did not see."""

    segments: Segments
    offers: Mapping[str, Mapping[str, Known]]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, rounded, for the registry."""
        known = {
            offer: {name: {key: round(value, 6) for key, value in asdict(one).items()} for name, one in parts.items()}
            for offer, parts in self.offers.items()
        }
        return {"edges": {name: list(ends) for name, ends in self.segments.edges.items()}, "offers": known}

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the prior that `to_json` wrote."""
        offers = {
            offer: {name: Known(**one) for name, one in parts.items()} for offer, parts in stored["offers"].items()
        }
        return cls(Segments(stored["edges"]), offers)

    def of(self, offer: str, segment: str) -> Known:
        """Return what is known of an offer in a segment."""
        parts = self.offers[offer]
        return parts.get(segment, parts[ALL])


def learn(
    log: Log,
    arms: Sequence[str],
    features: pa.Table,
    *,
    spent: Floats,
    redeemed: Floats,
    bought: Floats,
    kin: Mapping[str, Kin] | None = None,
    order_worths: Mapping[str, float] | None = None,
    beside: Mapping[str, Floats] | None = None,
) -> Prior:
    """Return the prior of every arm that enough people got.

    Args:
        log: with predictions; arm 0 is the control, the others are `arms`.
        arms: names of the offers.
        features: of the rows.
        spent, redeemed, bought: per row: what its offer cost, whether it was redeemed, whether the person bought.
        kin: offer -> offers whose redemptions tell something of its own; one that is not named is like no other.
        order_worths: offer -> margin of an order that it brings about, as a ratio to a usual one; 1 if not named. The
            log's outcome must value every order like a usual one.
        beside: offer on a category or product -> (n,) the part of the log's outcome in orders that do not hold it; the
            offer's mean is then told by either part apart (models.qualifying), which is surer.
    """
    segments = Segments.learn(features)
    names = segments.of(features)
    costs = _Costs.learn(log, arms, names, (redeemed, spent, bought), kin or {})
    whole = {arm: _gain(log, place) for place, arm in enumerate(arms, start=1)}
    means = {arm: found for arm, found in whole.items() if found is not None}
    told = means | _by_parts(log, {arm: arms.index(arm) + 1 for arm in means}, beside or {})
    shrunk = _alike(told, _sizes(log, arms, spent, order_worths or {}))
    parts = {arm: _by_segment(log, arms.index(arm) + 1, names) for arm in means}
    away = {arm: {name: (found[0] - means[arm][0], found[1]) for name, found in parts[arm].items()} for arm in parts}
    common = _common(away)
    spread = _spread(
        [(value - common[name][0], error) for found in away.values() for name, (value, error) in found.items()]
    )
    offers = {}
    for arm, whole_effect in shrunk.items():
        # Offers are pulled together as if their orders were worth the same, so that what these are worth is not lost.
        worth = (order_worths or {}).get(arm, 1.0)
        known = {ALL: costs.known(arm, ALL, whole_effect, worth)}
        for name in costs.segments:
            value = parts[arm].get(name)
            centre = _added(whole_effect, common.get(name, (0.0, 0.0)))
            found = centre if value is None else _pulled(value, centre, spread)
            known[name] = costs.known(arm, name, found, worth)
        offers[arm] = known
    return Prior(segments, offers)


@dataclass(frozen=True)
class _Costs:
    """Cost, chance to redeem and chance to buy anyway, by offer (all that somebody got) and segment."""

    offers: tuple[str, ...]
    segments: tuple[str, ...]
    found: SegmentCosts
    baseline: Floats

    @classmethod
    def learn(
        cls,
        log: Log,
        arms: Sequence[str],
        names: NDArray[np.str_],
        values: tuple[Floats, Floats, Floats],
        kin: Mapping[str, Kin],
    ) -> Self:
        segments, place = np.unique(names, return_inverse=True)
        tried = np.unique(log.action[log.action > 0])
        offer = np.where(log.action > 0, np.searchsorted(tried, log.action), -1)
        counts = segment_cost.Counts.of(offer, place, (len(tried), len(segments)), values)
        offers = tuple(arms[arm - 1] for arm in tried)
        found = segment_cost.estimate(counts, segment_cost.kin_of(offers, kin))
        return cls(offers, tuple(segments.tolist()), found, _baseline(values[2], log.action == 0, place, len(segments)))

    def known(self, offer: str, segment: str, gain: "Estimate", worth: float) -> Known:
        """Return what is known; the gain is net of the cost, its orders are worth `worth` of what they counted."""
        row = self.offers.index(offer)
        column = -1 if segment == ALL else self.segments.index(segment)
        cost, chance = (
            np.append(grid[row], self.found.overall(grid)[row]) for grid in (self.found.cost, self.found.chance)
        )
        return Known(
            worth * (gain[0] + float(cost[column])) - float(cost[column]),
            worth * gain[1],
            float(cost[column]),
            float(chance[column]),
            float(self.baseline[column]),
            int(self.found.people[row].sum()),
        )


Estimate = tuple[float, float]


def _gain(log: Log, arm: int) -> Estimate | None:
    """Return (mean effect, error) of an arm over nothing among those who could get it; None if it cannot be told."""
    rows = np.flatnonzero((log.propensity[:, arm] >= policy_value.FLOOR) & (log.propensity[:, 0] >= policy_value.FLOOR))
    part = log.part(rows)
    if min((part.action == arm).sum(), (part.action == 0).sum()) < policy_value.MATCHING_AT_LEAST:
        return None
    found = policy_value.difference(part, np.full(len(rows), arm), np.zeros(len(rows), dtype=np.int64))
    return None if found.estimate is None or found.error is None else (found.estimate, found.error)


def _by_parts(log: Log, places: Mapping[str, int], beside: Mapping[str, Floats]) -> dict[str, Estimate]:
    """Return the mean effect of the offers on a target, by orders that hold it and the others apart."""
    parts = {}
    for arm, place in places.items():
        if arm not in beside:
            continue
        share = float(beside[arm].sum()) / (float(log.outcome.sum()) or 1.0)
        found = [
            _gain(
                replace(log, outcome=outcome, predicted=None if log.predicted is None else part * log.predicted), place
            )
            for outcome, part in ((log.outcome - beside[arm], 1 - share), (beside[arm], share))
        ]
        if found[0] is not None and found[1] is not None:
            parts[arm] = found[0], found[1]
    return qualifying.whole(parts)


def _by_segment(log: Log, arm: int, names: NDArray[np.str_]) -> dict[str, Estimate]:
    found = {name: _gain(log.part(np.flatnonzero(names == name)), arm) for name in np.unique(names).tolist()}
    return {name: value for name, value in found.items() if value is not None}


def _spread(values: Sequence[Estimate]) -> float:
    """Return the variance of true values around zero: that of the estimates less that of their noise.

    It is never taken for less than a tenth of the noise: nobody knows that all offers do exactly the same.
    """
    if not values:
        return 0.0
    noise = float(np.mean([error**2 for _, error in values]))
    return max(_LEAST_SPREAD * noise, float(np.mean([value**2 for value, _ in values])) - noise)


def _sizes(
    log: Log, arms: Sequence[str], spent: Floats, order_worths: Mapping[str, float]
) -> Mapping[str, float] | None:
    """Return how much each offer is taken up (models.appeal); None if none is."""
    found = appeal.sizes(log.action, spent, log.propensity, np.array([order_worths.get(arm, 1.0) for arm in arms]))
    return None if found is None else dict(zip(arms, found.tolist(), strict=True))


def _alike(means: Mapping[str, Estimate], taken: Mapping[str, float] | None) -> dict[str, Estimate]:
    """Return the offers' mean effects, each pulled by its noise to what all offers and its take-up tell of it."""
    if not means:
        return {}
    values, errors = (np.array([found[place] for found in means.values()]) for place in (0, 1))
    sizes = None if taken is None else np.array([taken[arm] for arm in means])
    found = (part.tolist() for part in shrinkage.pooled(values, errors, sizes))
    return dict(zip(means, zip(*found, strict=True), strict=True))


def _common(away: Mapping[str, Mapping[str, Estimate]]) -> dict[str, Estimate]:
    """Return what sets a segment apart under every offer, pulled to zero by its noise.

    Args:
        away: offer -> segment -> effect less the offer's mean, and its error.
    """
    found = {}
    for name in sorted({name for parts in away.values() for name in parts}):
        known = [parts[name] for parts in away.values() if name in parts]
        weight = np.array([1 / max(error, 1e-9) ** 2 for _, error in known])
        mean = float(weight @ np.array([value for value, _ in known]) / weight.sum())
        found[name] = (mean, float(weight.sum() ** -0.5))
    spread = _spread([*found.values()])
    return {name: _pulled(value, (0.0, 0.0), spread) for name, value in found.items()}


def _added(one: Estimate, two: Estimate) -> Estimate:
    return one[0] + two[0], float(np.hypot(one[1], two[1]))


def _pulled(value: Estimate, centre: Estimate, spread: float) -> Estimate:
    """Return an estimate pulled to its centre by its noise, and its error; without any spread it is the centre."""
    noise = value[1] ** 2
    kept = spread / (spread + noise) if spread + noise > 0 else 0.0
    error = np.sqrt(kept * noise + (1 - kept) ** 2 * centre[1] ** 2)
    return centre[0] + kept * (value[0] - centre[0]), float(error)


def _baseline(bought: Floats, control: NDArray[np.bool_], place: NDArray[np.int64], size: int) -> Floats:
    """Return (segments and all) the chance to buy without an offer, thin segments pulled to all."""
    mean = float(bought[control].mean())
    rows = np.bincount(place[control], minlength=size)
    found = np.bincount(place[control], bought[control], size)
    return np.append((found + PRIOR_ROWS * mean) / (rows + PRIOR_ROWS), mean)


def interpolated(depth: float, siblings: Sequence[tuple[float, Known]]) -> Known | None:
    """Return what is known of a depth between two tested ones of the same template; None outside of them.

    No discount at all counts as tested: it changes and costs nothing. Gain before cost and cost are both taken as
    straight between neighbours.
    """
    if not siblings:
        return None
    ordered = sorted(siblings, key=lambda pair: pair[0])
    nothing = Known(0.0, 0.0, 0.0, 0.0, ordered[0][1].baseline_chance, 0)
    ordered = [(0.0, nothing), *ordered]
    for (low, one), (high, two) in pairwise(ordered):
        if low < depth < high:
            share = (depth - low) / (high - low)
            mixed = {
                name: (1 - share) * getattr(one, name) + share * getattr(two, name)
                for name in ("effect", "cost", "redeem_chance")
            }
            error = float(np.hypot((1 - share) * one.error, share * two.error))
            return Known(**mixed, error=error, baseline_chance=two.baseline_chance, row_count=two.row_count)
    return None
