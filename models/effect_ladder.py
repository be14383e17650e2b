"""The step models.offer_effect: per customer and offer the best evidence there is.

The ladder: a model of every person; what the offer changed in the person's segment; a rule, if the shop states one; no
row, and the offer needs a pilot.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from models import (
    affinity,
    amounts,
    assumed,
    data,
    picked,
    prior_step,
    registry,
    scoring,
    season,
    segment_prior,
    uplift_evidence,
    uplift_step,
)
from models.data import Floats
from models.segment_prior import Known, Prior
from models.uplift import UpliftModel
from offermill.run import Run
from offermill.warehouse import Warehouse

TABLE = "models.offer_effect"
SCHEMA = pa.schema([
    ("customer_id", pa.string()), ("offer_id", pa.string()), ("effect_minor", pa.int64()),
    ("effect_error_minor", pa.int64()), ("cost_minor", pa.int64()), ("redeem_chance", pa.float64()),
    ("baseline_chance", pa.float64()), ("evidence", pa.string()), ("model_id", pa.string()),
])  # fmt: skip
_TONIGHT = f"""
    select customer_id, $business_date as day from {data.CUSTOMER} where customer_id >= $first and customer_id <= $last
"""
MODEL, SEGMENT, RULE = "model", "segment", "rule"


@dataclass(frozen=True)
class Rung:
    """The offers that one kind of evidence speaks for, and the id under which it is kept."""

    offers: tuple[str, ...]
    model_id: str | None


def score(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Write models.offer_effect for tonight's customers and those offers of which something is known."""
    available = scoring.available(warehouse)
    found = registry.newest_accepted(run.shop.models, uplift_step.NAME, run.business_date, available)
    stored, kept = found.usable, registry.newest_accepted(run.shop.models, prior_step.NAME, run.business_date).usable
    wanted = sorted(uplift_evidence.offers(warehouse)[0])
    by_model = Rung(tuple(offer for offer in wanted if stored and offer in stored.settings["arms"]), _id(stored))
    known = _priors(warehouse, kept, [offer for offer in wanted if offer not in by_model.offers])
    by_segment = Rung(tuple(sorted(known)), _id(kept))
    rest = [offer for offer in wanted if offer not in {*by_model.offers, *by_segment.offers}]
    by_rule = assumed.offers(warehouse, run, rest)
    times = _season(warehouse, run, (stored, by_model), (kept, by_segment))
    pieces = _pieces(warehouse, stored, by_model, (kept, known, by_segment), (run, by_rule, times))
    rows = scoring.write(warehouse, TABLE, SCHEMA, pieces)
    return {
        "row_count": rows,
        "model_id": by_model.model_id,
        "offers": [*by_model.offers],
        "segment_offers": [*by_segment.offers],
        "rule_offers": sorted(by_rule),
        "season_factors": {offer: round(factor, 4) for offer, factor in times.items()},
        "message": _message(found, by_model.offers, by_segment.offers),
    }


def _season(warehouse: Warehouse, run: Run, *rungs: tuple[registry.StoredModel | None, Rung]) -> dict[str, float]:
    """Return offer -> what tonight's season makes of the costs that its evidence tells."""
    found: dict[str, float] = {}
    for stored, rung in rungs:
        factors = season.factors(warehouse, run, stored.settings["season"]) if stored else {}
        found |= {offer: factors[offer] for offer in rung.offers if offer in factors}
    return found


def _id(stored: registry.StoredModel | None) -> str | None:
    return stored.model_id if stored else None


def _message(found: registry.Found, by_model: Sequence[str], by_segment: Sequence[str]) -> str:
    reasons = list(found.problems)
    if found.model is None:
        reasons.append("No uplift model: no offer has evidence.")
    elif found.usable is None:
        reasons.append(found.model.card["verdict"]["message"])
    elif not by_model and not by_segment:
        reasons.append("No offer of the catalogue was tested at random: no offer has evidence.")
    return " ".join(reasons)


def _priors(
    warehouse: Warehouse, kept: registry.StoredModel | None, offers: Sequence[str]
) -> dict[str, dict[str, Known]]:
    """Return offer -> segment -> what is known: its own rows, or tested depths around its own of the same template."""
    if kept is None or not offers:
        return {}
    prior = Prior.of_json(kept.settings)
    own = {offer: dict(prior.offers[offer]) for offer in offers if offer in prior.offers}
    families = uplift_evidence.families(warehouse)
    between = {offer: _between(prior, families, offer) for offer in offers if offer not in own and offer in families}
    return own | {offer: known for offer, known in between.items() if known}


def _between(prior: Prior, families: Mapping[str, tuple[str, float]], offer: str) -> dict[str, Known]:
    family, depth = families[offer]
    tested = [(families[other][1], other) for other in prior.offers if families.get(other, ("", 0))[0] == family]
    names = {name for _, other in tested for name in prior.offers[other]}
    found = {
        name: segment_prior.interpolated(depth, [(at, prior.of(other, name)) for at, other in tested]) for name in names
    }
    return {name: known for name, known in found.items() if known is not None}


@dataclass
class _Columns:
    """(customers, offers) of everything that is told of an offer; error and chance may be NaN = not known.

    Orders that an offer adds are NaN where a rule tells its costs.
    """

    effect: Floats
    error: Floats
    cost: Floats
    redeem: Floats
    baseline: Floats
    added: Floats

    @classmethod
    def empty(cls, customers: int, offers: int) -> "_Columns":
        return cls(*(np.full((customers, offers), np.nan) for _ in range(6)))

    def set(self, places: Sequence[int], values: Sequence[Floats | float]) -> None:
        """Put values (n, places) or (n,) of effect, error, cost, redeem, baseline and, if told, added into columns."""
        targets = (self.effect, self.error, self.cost, self.redeem, self.baseline, self.added)
        for target, value in zip(targets, values, strict=False):
            target[:, places] = value

    def follow(self, times: Floats) -> None:
        """Multiply what of costs and redemptions would come anyway by a factor (offers), and take it off effects."""
        known = (self.redeem > 0) & ~np.isnan(self.added)
        habit = np.ones_like(self.added)
        habit[known] = np.clip(1 - self.added[known] / self.redeem[known], 0.0, 1.0)
        factor = 1 + (times - 1) * habit
        self.effect, self.cost = picked.corrected(factor, self.effect, self.cost)
        self.redeem = np.minimum(factor * self.redeem, 1.0)


def _pieces(
    warehouse: Warehouse,
    stored: registry.StoredModel | None,
    by_model: Rung,
    prior: tuple[registry.StoredModel | None, dict[str, dict[str, Known]], Rung],
    rule: tuple[Run, dict[str, assumed.Give], Mapping[str, float]],
) -> Iterator[pa.Table]:
    kept, known, by_segment = prior
    run, by_rule, times = rule
    rungs = dict.fromkeys(by_model.offers, (MODEL, by_model.model_id))
    rungs |= dict.fromkeys(by_segment.offers, (SEGMENT, by_segment.model_id))
    rungs |= dict.fromkeys(by_rule, (RULE, assumed.model_id(run)))
    offers = sorted(rungs)
    if not offers:
        return
    model = UpliftModel.restored(stored.parts, stored.settings) if stored and by_model.offers else None
    usual = {offer: share for offer, share in affinity.shares(warehouse, run).items() if offer in by_model.offers}
    segments = Prior.of_json(kept.settings).segments if kept and known else None
    for customers, features in data.batches(warehouse, _features(warehouse, stored if model else None)):
        columns = _Columns.empty(len(customers), len(offers))
        if model is not None and stored is not None:
            places = [offers.index(offer) for offer in by_model.offers]
            leaning = _affinity(warehouse, run, usual, customers)
            columns.set(places, _model_figures(model, stored, features, [*by_model.offers], leaning))
        if segments is not None and kept is not None:
            names = segments.of(features)
            for offer, parts in known.items():
                worth = kept.settings["order_worths"].get(offer, 1.0) * kept.settings["order_margin"]
                columns.set([offers.index(offer)], _segment_figures(parts, names, worth))
        if by_rule:
            people = assumed.people(warehouse, customers)
            for offer, give in by_rule.items():
                columns.set([offers.index(offer)], assumed.figures(people, give, run.settings.models.rule_lift_share))
        columns.follow(np.array([times.get(offer, 1.0) for offer in offers]))
        yield _long(customers, offers, rungs, columns)


def _affinity(warehouse: Warehouse, run: Run, usual: Mapping[str, float], customers: pa.Array) -> dict[str, Floats]:
    """Return offer on a category or product -> how much each of tonight's customers, in order of id, leans to it."""
    people = pd.DataFrame({"customer_id": customers.to_pylist(), "day": pd.Timestamp(run.business_date)})
    ends = {"first": people["customer_id"].iloc[0], "last": people["customer_id"].iloc[-1]}
    return uplift_step.columns(affinity.of(warehouse, run, usual, _TONIGHT, people, **ends))


def _features(warehouse: Warehouse, stored: registry.StoredModel | None) -> dict[str, str]:
    """Return the features of the model, else those that tell the segment."""
    have = scoring.available(warehouse)
    wanted = dict(stored.features) if stored else {}
    return wanted | {name: have[name] for name in (segment_prior.RECENCY, segment_prior.FREQUENCY) if name in have}


def _model_figures(
    model: UpliftModel,
    stored: registry.StoredModel,
    features: pa.Table,
    offers: list[str],
    leaning: Mapping[str, Floats],
) -> tuple[Floats, ...]:
    """Return (customers, offers) of effect, error, cost, chances to redeem and to buy anyway, and orders added."""
    rows = uplift_step.matrix(features.select([*stored.features]))
    share = uplift_step.margin_share(features, float(stored.settings["margin_share"]))
    effect, cost, before = model.predictions(rows, margin_share=share, affinity=leaning)
    error = model.effect_error(rows, margin_share=share)
    chance = before.to_numpy()[:, None]
    told = model.redeem_chance(rows, affinity=leaning)
    # Where redemptions were too few to tell: the offer's share of redeemers, in proportion to the chance to buy.
    shares = np.array([stored.settings["redeemed"][offer] for offer in offers])
    redeem = np.minimum(shares * chance / (float(stored.settings["baseline_mean"]) or 1.0), 1.0)
    redeem = redeem if told is None else told[offers].to_numpy()
    factor = float(stored.settings["cost_factor"])
    net, dear = picked.corrected(factor, effect[offers].to_numpy(), cost[offers].to_numpy())
    added = model.added_orders(rows, affinity=leaning)[offers].to_numpy()
    return net, error[offers].to_numpy(), dear, redeem, np.repeat(chance, len(offers), axis=1), added


def _segment_figures(parts: Mapping[str, Known], names: NDArray[np.str_], worth: float) -> tuple[Floats, ...]:
    """Return (customers, 1) of the same six figures, by each customer's segment; `worth` is an added order's margin."""
    known, place = np.unique(names, return_inverse=True)
    rows = [parts.get(name, parts[segment_prior.ALL]) for name in known.tolist()]
    fields = ("effect", "error", "cost", "redeem_chance", "baseline_chance")
    figures = [np.array([getattr(row, name) for row in rows]) for name in fields]
    figures.append((figures[0] + figures[2]) / worth if worth > 0 else np.full(len(rows), np.nan))
    return tuple(each[place][:, None] for each in figures)


def _long(
    customers: pa.Array, offers: list[str], rungs: Mapping[str, tuple[str, str | None]], columns: _Columns
) -> pa.Table:
    """Return one row per customer and offer, by customer, then offer."""
    count, times = len(customers), len(offers)
    unknown = np.isnan(columns.error.ravel())
    error = amounts.to_minor(np.where(unknown, 0.0, columns.error.ravel()))

    def each(values: Sequence[str | None]) -> pa.Array:
        return pa.array(np.tile(np.array(values, dtype=object), count), pa.string())

    return pa.table({
        "customer_id": customers.take(pa.array(np.repeat(np.arange(count), times))),
        "offer_id": each(offers),
        "effect_minor": amounts.to_minor(columns.effect.ravel()),
        "effect_error_minor": pa.array(error, mask=unknown),
        "cost_minor": amounts.to_minor(np.maximum(columns.cost.ravel(), 0.0)),
        "redeem_chance": pa.array(columns.redeem.ravel(), from_pandas=True),
        "baseline_chance": pa.array(columns.baseline.ravel(), from_pandas=True),
        "evidence": each([rungs[offer][0] for offer in offers]),
        "model_id": each([rungs[offer][1] for offer in offers]),
    })  # fmt: skip
