"""Step offers.decision: one offer or nothing for every person, with the reason, the chance of it, and the proof."""

from dataclasses import replace

import pyarrow as pa

from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import (
    catalogue,
    decision_rows,
    ledger,
    night_caps,
    night_inputs,
    planned_pilot,
    policy,
    retention,
    spending,
    tables,
)
from offers.night_caps import NightCap
from offers.night_limits import NightLimit
from offers.waiting import Ahead

_HISTORY = "select $business_date as business_date, * from offers.decision order by customer_id"

_PROPENSITIES = """
    select
        $business_date as business_date,
        scored.customer_id,
        catalogue.campaign_id || ':' || $business_date as wave_id,
        scored.offer_id,
        scored.offer_propensity as propensity,
        scored.is_pilotable as is_pilot,
        scored.pilot_control_propensity,
        case when scored.is_pilotable and not scored.is_held_back then
            scored.pilot_weight / (scored.control_weight + sum(scored.pilot_weight)
                filter (where scored.is_pilotable and not scored.is_held_back) over (partition by scored.customer_id))
        end as pilot_share
    from offers.scored_candidate as scored
    inner join offers.catalogue as catalogue on scored.offer_id = catalogue.offer_id
    where scored.offer_propensity > 0
    order by scored.customer_id, scored.offer_id
"""


def _rules(run: Run) -> policy.Rules:
    chosen = run.settings.randomisation
    return policy.Rules(
        global_control=chosen.global_control_share,
        campaign_control=chosen.campaign_control_share,
        explore=chosen.exploration_share,
        pilot=chosen.pilot_share,
        lot=(chosen.salt, run.business_date.isoformat()),
    )


def _limits(warehouse: Warehouse, caps: tuple[NightCap, ...], standing: pa.Table) -> tuple[NightLimit, ...]:
    """Return the night's limits: the catalogue's, and what templates may use of the budget as a share of it."""
    people = standing["customer_id"]
    budget, *others = night_inputs.limits_of(warehouse, caps, people)
    shares = warehouse.rows(
        "select distinct template_id, budget_share from offers.catalogue where budget_share is not null order by all"
    )
    parts = [
        replace(
            budget,
            name=f"share:{template}",
            available=policy.purse(budget.available, share),
            **night_inputs.covered(warehouse, {"template": [template]}, people),
        )
        for template, share in shares
    ]
    return (budget, *others, *parts)


def _ahead(warehouse: Warehouse, run: Run, caps: tuple[NightCap, ...], standing: pa.Table) -> Ahead | None:
    """Return the nights for which tonight's offers keep their customers; None where nobody is kept for them."""
    if not run.settings.pacing.people_wait:
        return None
    nights = night_inputs.nights_bound(warehouse, run.business_date)
    later = tuple(night_caps.in_nights(cap, run.business_date, nights) for cap in caps)
    pairs = night_inputs.pairs_of(night_inputs.later_candidates(warehouse))
    return Ahead(pairs, _limits(warehouse, later, standing), nights)


def decide(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Step: write offers.decision, its histories, the budget and the allocation's summary for the night.

    The propensity of a decision is the chance, over the night's lots, that the person gets exactly that: the
    candidate's as defined in offers.propensity, or, for nothing, 1 less the sum over the person's candidates. It is
    1 for people whom a rule excludes.
    """
    caps = night_caps.night_caps(warehouse, run, catalogue.read(run.catalogue, run.settings.shop, run.settings.texts))
    standing, candidates = night_inputs.standing(warehouse), night_inputs.candidates(warehouse)
    people = night_inputs.people_of(standing)
    planned = planned_pilot.planned(warehouse, run, candidates, night_inputs.pairs_of(candidates))
    pairs = planned.pairs
    ahead = _ahead(warehouse, run, caps, standing)
    plan = policy.decide(people, pairs, _limits(warehouse, caps, standing), _rules(run), planned.cohort, ahead)
    decision_rows.write(warehouse, run, decision_rows.Night(standing, candidates, people, pairs, plan))
    for address, select in (("offers.decision_history", _HISTORY), ("offers.propensity_history", _PROPENSITIES)):
        tables.replace_date(warehouse, address, run.business_date, select)
    retention.prune(warehouse, run)
    ledger.reserve_night(warehouse, run)
    return spending.write(warehouse, run, caps, pairs, plan)
