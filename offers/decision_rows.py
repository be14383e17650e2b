"""The night's plan as rows: offers.decision (one per person) and offers.scored_candidate (one per candidate)."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import codes, night_limits, rest, tables
from offers.people import EXCLUDED, EXPLORE, GROUPS, NOTHING, PILOT, Floats, Ints, Pairs, People
from offers.policy import Plan
from offers.reasons import choosers, deciding_limits, moved, reasons

# Groups whose outcome a lot alone decides: their rows are evidence.
_BY_LOT = ("global_control", "control", "explore", "pilot")

_OFFERS = """
    select offer_id, campaign_id, valid_from, valid_until, depth_pct / 100 as depth
    from offers.catalogue
    order by offer_id
"""


@dataclass(frozen=True)
class Night:
    """Everything that the rows are made of.

    `standing` has one row per person (customer_id, rule), `candidates` one per candidate (channel, target_reason,
    baseline_chance, model_id), in the order of `people` and `pairs`; `offers` one per offer of the catalogue by id.
    """

    standing: pa.Table
    candidates: pa.Table
    people: People
    pairs: Pairs
    plan: Plan


def _take(column: pa.ChunkedArray, rows: Ints) -> pa.ChunkedArray:
    """Return the column's values at the rows; null where the row is NOTHING."""
    return column.take(pa.array(rows, mask=rows == NOTHING))


def propensities(people: People, pairs: Pairs, plan: Plan) -> Floats:
    """Return each person's chance of exactly what they get."""
    total: Floats = np.zeros(len(people))
    np.add.at(total, pairs.person, plan.chance)
    # The floor only catches rounding: nothing has no chance of 0 for somebody who got nothing.
    chance: Floats = np.maximum(1.0 - total, np.finfo(float).tiny)
    gets = plan.chosen != NOTHING
    chance[gets] = plan.chance[plan.chosen[gets]]
    chance[plan.group == EXCLUDED] = 1.0
    return chance


def _firsts(pairs: Pairs, mask: NDArray[np.bool_], people: int) -> Ints:
    """Return each person's first candidate in the mask, or NOTHING."""
    rows = np.flatnonzero(mask)[::-1]
    first = np.full(people, NOTHING, dtype=np.int64)
    first[pairs.person[rows]] = rows
    return first


def _codes(run: Run, customers: pa.ChunkedArray, offers: pa.ChunkedArray, waves: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the code of everybody with an offer; null for the others."""
    gets = pc.is_valid(offers)
    given = [column.filter(gets).to_pylist() for column in (customers, offers, waves)]
    found = pa.array(codes.many(run.settings.randomisation.salt, *given), pa.string())
    place = np.full(len(offers), NOTHING, dtype=np.int64)
    place[gets.to_numpy()] = np.arange(len(found))
    return _take(found, place)


def decisions(run: Run, night: Night, offers: pa.Table) -> pa.Table:
    """Return offers.decision: one row per person, by customer_id."""
    people, pairs, plan, chosen = night.people, night.pairs, night.plan, night.plan.chosen
    known = _firsts(pairs, pairs.has_evidence, len(people))
    # The control arm of a pilot has a wave and a validity, but no offer.
    arms = _firsts(pairs, (plan.standing.pilot > 0) & ~pairs.is_held_back, len(people))
    waved = np.where((chosen == NOTHING) & (plan.group == PILOT), arms, chosen)
    offer, wave = _at(pairs.offer, chosen), _at(pairs.offer, waved)
    why = reasons(people, pairs, plan, night.standing["rule"].to_numpy(zero_copy_only=False))
    campaign = _take(offers["campaign_id"], wave)
    waves = pc.binary_join_element_wise(campaign, run.business_date.isoformat(), ":")
    offer_id = _take(offers["offer_id"], offer)
    group = np.array(GROUPS, dtype=object)[plan.group]
    judged = np.where(chosen == NOTHING, known, chosen)
    has_evidence = (judged != NOTHING) & pairs.has_evidence[judged] if len(pairs) else np.zeros(len(people), dtype=bool)
    columns = {
        "customer_id": night.standing["customer_id"],
        "group_name": group,
        "offer_id": offer_id,
        "campaign_id": campaign,
        "wave_id": waves,
        "channel": _take(night.candidates["channel"], chosen),
        "depth": _take(offers["depth"], offer),
        "propensity": propensities(people, pairs, plan),
        "value_minor": pa.array(_or_zero(pairs.value, chosen), mask=(chosen != NOTHING) & ~has_evidence),
        "effect_error_minor": _take(night.candidates["effect_error_minor"], chosen),
        "cost_minor": _or_zero(pairs.cost, chosen),
        "worst_cost_minor": _or_zero(pairs.worst, chosen),
        "redeem_chance": _take(night.candidates["redeem_chance"], chosen),
        "baseline_chance": _take(night.candidates["baseline_chance"], judged),
        "evidence": pc.fill_null(_take(night.candidates["evidence"], judged), "none"),
        "reason": why.astype(object),
        "limit_name": deciding_limits(people, pairs, plan),
        "code": _codes(run, night.standing["customer_id"], offer_id, waves),
        "valid_from": _take(offers["valid_from"], wave),
        "valid_until": _take(offers["valid_until"], wave),
        "is_randomised": np.isin(plan.group, [GROUPS.index(name) for name in _BY_LOT]),
        "is_exploration": plan.group == EXPLORE,
        "lot": pa.array(plan.lot, from_pandas=True),
    }
    return pa.table(columns).cast(tables.schema("offers.decision"))


def _at(values: Ints, rows: Ints) -> Ints:
    found = np.full(len(rows), NOTHING, dtype=np.int64)
    found[rows != NOTHING] = values[rows[rows != NOTHING]]
    return found


def _or_zero(values: Ints, rows: Ints) -> Ints:
    """Return the values at the rows; 0 where the row is NOTHING."""
    found = np.zeros(len(rows), dtype=np.int64)
    found[rows != NOTHING] = values[rows[rows != NOTHING]]
    return found


def scored(night: Night, offers: pa.Table) -> pa.Table:
    """Return offers.scored_candidate: one row per candidate with its figures and its chance."""
    pairs, plan, known = night.pairs, night.plan, night.pairs.has_evidence
    rows = np.arange(len(pairs))
    columns = {
        "customer_id": _take(night.standing["customer_id"], pairs.person),
        "offer_id": _take(offers["offer_id"], pairs.offer),
        "target_reason": night.candidates["target_reason"],
        "reason_detail": night.candidates["reason_detail"],
        "is_held_back": pairs.is_held_back,
        "evidence": night.candidates["evidence"],
        "effect_minor": pa.array(pairs.value, mask=~known),
        "effect_error_minor": night.candidates["effect_error_minor"],
        "cost_minor": pa.array(pairs.cost, mask=~known),
        "worst_cost_minor": pairs.worst,
        "redeem_chance": night.candidates["redeem_chance"],
        "baseline_chance": night.candidates["baseline_chance"],
        "prices": _only(night_limits.priced(plan.choosing, pairs, plan.choice.prices), known),
        "waiting_minor": pa.array(plan.waiting[pairs.person], mask=~known),
        "penalty": pa.array(plan.penalty, mask=~known),
        "score": pa.array(plan.standing.score, mask=~known),
        "rooms": _rooms(pairs, plan),
        "offer_propensity": plan.chance,
        "is_explorable": plan.standing.explorable,
        "is_pilotable": plan.standing.pilot > 0,
        "pilot_weight": plan.standing.pilot,
        "control_weight": np.full(len(pairs), plan.standing.control),
        "pilot_control_propensity": plan.pilot_control[pairs.person],
        "is_choosable": plan.standing.choosable,
        "is_chosen": plan.chosen[pairs.person] == rows,
        "model_id": night.candidates["model_id"],
    }
    return pa.table(columns).cast(tables.schema("offers.scored_candidate"))


def _only(texts: pa.DictionaryArray, mask: NDArray[np.bool_]) -> pa.DictionaryArray:
    """Return the texts of the rows in the mask; null for the others."""
    indices = pa.array(texts.indices.to_numpy(), mask=~mask)
    return pa.DictionaryArray.from_arrays(indices, texts.dictionary)


def _rooms(pairs: Pairs, plan: Plan) -> pa.Array:
    """Return the room of each candidate whose person was moved by the last of a limit; null for all others."""
    rows = np.flatnonzero(moved(plan)[pairs.person])
    place = np.full(len(pairs), NOTHING, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    return rest.rooms(pairs, plan.choosing, choosers(plan), rows).take(pa.array(place, mask=place == NOTHING))


def write(warehouse: Warehouse, run: Run, night: Night) -> None:
    """Write offers.decision and offers.scored_candidate."""
    offers = warehouse.arrow(_OFFERS)
    warehouse.write("offers.decision", decisions(run, night, offers))
    warehouse.write("offers.scored_candidate", scored(night, offers))
