"""Step offers.decision: one offer or nothing for every person, with the reason, the chance of it, and the proof."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import catalogue, decision_rows, policy, spending, tables
from offers.people import GROUPS, Ints, Pairs, People

# The rule that stands for a person whom several exclude: the customer's own will first.
_RULES = "['closed', 'opted_out', 'no_consent', 'no_address', 'strategic', 'unprofitable', 'live_offer']"

_PEOPLE = f"""
    with excluded as (
        select customer_id, {_RULES}[min(list_position({_RULES}, rule))] as rule
        from offers.exclusion
        where offer_id is null
        group by customer_id
    )
    select groups.customer_id, groups.group_name, groups.unit, excluded.rule
    from offers.assignment_group as groups
    left join excluded on groups.customer_id = excluded.customer_id
    order by groups.customer_id
"""

_PAIRS = """
    with people as (
        select customer_id, row_number() over (order by customer_id) - 1 as person from offers.assignment_group
    ),
    catalogue as (
        select
            *,
            dense_rank() over (order by offer_id) - 1 as offer,
            dense_rank() over (order by campaign_id) - 1 as campaign,
            dense_rank() over (order by template_id) - 1 as template
        from offers.catalogue
    ),
    effects as (
        -- A table of an older version has no errors and no chances to redeem.
        select * from models.offer_effect
        union all by name
        select cast(null as bigint) as effect_error_minor, cast(null as double) as redeem_chance where false
    )
    select
        people.person,
        catalogue.offer,
        catalogue.campaign,
        catalogue.template,
        candidate.channel,
        candidate.target_reason,
        control.customer_id is not null as is_held_back,
        coalesce(effect.effect_minor, 0) as value,
        coalesce(effect.cost_minor, catalogue.max_cost_minor) as cost,
        greatest(catalogue.max_cost_minor, coalesce(effect.cost_minor, 0)) as worst,
        effect.customer_id is not null as has_evidence,
        coalesce(effect.evidence, 'none') as evidence,
        effect.effect_error_minor,
        effect.redeem_chance,
        effect.baseline_chance,
        effect.model_id
    from offers.candidate as candidate
    inner join people on candidate.customer_id = people.customer_id
    inner join catalogue on candidate.offer_id = catalogue.offer_id
    left join offers.campaign_control as control
        on candidate.customer_id = control.customer_id and catalogue.campaign_id = control.campaign_id
    left join effects as effect
        on candidate.customer_id = effect.customer_id
        and candidate.offer_id = effect.offer_id
    order by people.person, catalogue.offer
"""

_HISTORY = "select $business_date as business_date, * from offers.decision order by customer_id"

_PROPENSITIES = """
    select
        $business_date as business_date,
        scored.customer_id,
        catalogue.campaign_id || ':' || $business_date as wave_id,
        scored.offer_id,
        scored.offer_propensity as propensity
    from offers.scored_candidate as scored
    inner join offers.catalogue as catalogue on scored.offer_id = catalogue.offer_id
    where scored.offer_propensity > 0
    order by scored.customer_id, scored.offer_id
"""


def _ints(table: pa.Table, name: str) -> Ints:
    return np.asarray(table[name].to_numpy(), dtype=np.int64)


def _people(table: pa.Table) -> People:
    named = pc.if_else(pc.is_valid(table["rule"]), "excluded", table["group_name"])
    group = pc.index_in(named, value_set=pa.array(GROUPS)).to_numpy().astype(np.int64)
    return People(table["customer_id"].to_numpy(), group, table["unit"].to_numpy())


def _pairs(table: pa.Table) -> Pairs:
    return Pairs(
        person=_ints(table, "person"),
        offer=_ints(table, "offer"),
        campaign=_ints(table, "campaign"),
        template=_ints(table, "template"),
        is_held_back=table["is_held_back"].to_numpy(),
        value=_ints(table, "value"),
        cost=_ints(table, "cost"),
        worst=_ints(table, "worst"),
        has_evidence=table["has_evidence"].to_numpy(),
    )


def _rules(warehouse: Warehouse, run: Run, available_minor: int) -> policy.Rules:
    shares = warehouse.rows(
        "select distinct dense_rank() over (order by template_id) - 1, budget_share from offers.catalogue order by all"
    )
    chosen = run.settings.randomisation
    return policy.Rules(
        global_control=chosen.global_control_share,
        campaign_control=chosen.campaign_control_share,
        explore=chosen.exploration_share,
        pilot=chosen.pilot_share,
        available_minor=available_minor,
        template_shares={template: share for template, share in shares if share is not None},
        lot=(chosen.salt, run.business_date.isoformat()),
    )


def decide(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Step: write offers.decision, its histories, the budget and the allocation's summary for the night.

    The propensity of a decision is the chance, over the night's lots, that the person gets exactly that: the
    candidate's as defined in offers.propensity, or, for nothing, 1 less the sum over the person's candidates. It is
    1 for people whom a rule excludes.
    """
    budget = catalogue.read(run.catalogue, run.settings.shop).budget
    money = spending.night_money(warehouse, run, budget)
    standing, candidates = warehouse.arrow(_PEOPLE), warehouse.arrow(_PAIRS)
    people, pairs = _people(standing), _pairs(candidates)
    plan = policy.decide(people, pairs, _rules(warehouse, run, money.available_minor))
    night = decision_rows.Night(standing, candidates, people, pairs, plan, money.available_minor)
    decision_rows.write(warehouse, run, night)
    for address, select in (("offers.decision_history", _HISTORY), ("offers.propensity_history", _PROPENSITIES)):
        tables.replace_date(warehouse, address, run.business_date, select)
    return spending.write(warehouse, run, money, pairs, plan)
