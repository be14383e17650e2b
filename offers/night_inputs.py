"""What a night decides on, read from the warehouse: people, candidates, limits, as tables and as arrays."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offermill.warehouse import Warehouse
from offers.night_caps import NightCap
from offers.night_limits import UNLIMITED, Measure, NightLimit
from offers.people import GROUPS, Flags, Ints, Pairs, People
from offers.schema import CHANNELS

# The rule that stands for a person whom several exclude: the customer's own will first.
_RULES = (
    "['closed', 'suppressed', 'opted_out', 'no_consent', 'no_address', 'open_complaint', 'after_complaint', "
    "'strategic', 'unprofitable', 'live_offer', 'offers_cap', 'after_purchase', 'contacts_full', 'quiet_day']"
)

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

# What the night weighs of a candidate, by positions.
_FIGURES = """
        people.person,
        catalogue.offer,
        catalogue.campaign,
        list_position($channels, candidate.channel) - 1 as channel_place,
        control.customer_id is not null as is_held_back,
        coalesce(effect.effect_minor, 0) as value,
        -- What was redeemed so far corrects the estimate; it stays within the worst case.
        cast(coalesce(
            least(round(effect.cost_minor * factor.cost_factor), greatest(catalogue.max_cost_minor, effect.cost_minor)),
            catalogue.max_cost_minor
        ) as bigint) as cost,
        greatest(catalogue.max_cost_minor, coalesce(effect.cost_minor, 0)) as worst,
        factor.second_moment_minor as ratio,
        factor.cost_factor_error / factor.cost_factor as rate_error,
        effect.customer_id is not null as has_evidence"""

_POSITIONS = """
    with people as (
        select customer_id, group_name, row_number() over (order by customer_id) - 1 as person
        from offers.assignment_group
    ),
    catalogue as (
        select
            *,
            dense_rank() over (order by offer_id) - 1 as offer,
            dense_rank() over (order by campaign_id) - 1 as campaign
        from offers.catalogue
    ),
    effects as (
        select * from models.offer_effect
    )"""

_JOINED = """
    inner join people on candidate.customer_id = people.customer_id
    inner join catalogue on candidate.offer_id = catalogue.offer_id
    inner join offers.cost_factor as factor on candidate.offer_id = factor.offer_id
    left join offers.campaign_control as control
        on candidate.customer_id = control.customer_id and catalogue.campaign_id = control.campaign_id
    left join effects as effect
        on candidate.customer_id = effect.customer_id
        and candidate.offer_id = effect.offer_id"""

_PAIRS = f"""{_POSITIONS}
    select {_FIGURES},
        catalogue.offer_id,
        candidate.channel,
        candidate.target_reason,
        candidate.reason_detail,
        coalesce(effect.evidence, 'none') as evidence,
        effect.effect_error_minor,
        effect.redeem_chance,
        effect.baseline_chance,
        effect.model_id
    from offers.candidate as candidate {_JOINED}
    order by people.person, catalogue.offer
"""

# Of customers whom only a rule that passes keeps from an offer tonight: what would be chosen on a later night.
_LATER = f"""{_POSITIONS}
    select {_FIGURES}
    from offers.eligible_pair as candidate {_JOINED}
    where not candidate.is_open
        and effect.effect_minor > 0
        and control.customer_id is null
        and people.group_name not in ('global_control', 'control')
    order by people.person, catalogue.offer
"""

_NIGHTS = "select cast(coalesce(median(valid_until - $business_date), 1) as integer) from offers.catalogue"


class Covered(TypedDict, total=False):
    """What a limit is about: flags by position; a part that is missing is about all."""

    offers: Flags
    channels: Flags
    people: Flags


# What a limit is about, by the catalogue's column of the same meaning.
_OF_OFFERS = {"campaign": "campaign_id", "template": "template_id", "offer": "offer_id", "funder": "funder"}
# How the risk of a money limit weighs an offer.
_MEASURES: Mapping[str, Measure] = {"expected": "cost", "chance": "cost", "hard": "worst"}
_MEMBERS = {
    "segment": "select distinct customer_id from segments.membership where list_contains($wanted, segment)",
    "store": "select customer_id from core.customer where list_contains($wanted, home_store_id)",
}


def standing(warehouse: Warehouse) -> pa.Table:
    """Return one row per person by id: customer_id, group_name, unit, and the rule that excludes them or null."""
    return warehouse.arrow(_PEOPLE)


def candidates(warehouse: Warehouse) -> pa.Table:
    """Return one row per candidate by customer_id and offer_id, with positions and estimates."""
    return warehouse.arrow(_PAIRS, {"channels": list(CHANNELS)})


def later_candidates(warehouse: Warehouse) -> pa.Table:
    """Return the candidates with a gain of customers who are not open tonight but will be again."""
    return warehouse.arrow(_LATER, {"channels": list(CHANNELS)})


def nights_bound(warehouse: Warehouse, business_date: date) -> int:
    """Return how many nights an offer of tonight keeps its customer from another one: the median of the catalogue's."""
    return max(int(warehouse.value(_NIGHTS, {"business_date": business_date})), 1)


def _ints(table: pa.Table, name: str) -> Ints:
    return np.asarray(table[name].to_numpy(), dtype=np.int64)


def people_of(table: pa.Table) -> People:
    """Return the rows of `standing` as arrays."""
    named = pc.if_else(pc.is_valid(table["rule"]), "excluded", table["group_name"])
    group = pc.index_in(named, value_set=pa.array(GROUPS)).to_numpy().astype(np.int64)
    return People(table["customer_id"].to_numpy(), group, table["unit"].to_numpy())


def pairs_of(table: pa.Table) -> Pairs:
    """Return the rows of `candidates` as arrays."""
    return Pairs(
        person=_ints(table, "person"),
        offer=_ints(table, "offer"),
        campaign=_ints(table, "campaign"),
        channel=_ints(table, "channel_place"),
        is_held_back=table["is_held_back"].to_numpy(),
        value=_ints(table, "value"),
        cost=_ints(table, "cost"),
        worst=_ints(table, "worst"),
        ratio=table["ratio"].to_numpy().astype(np.float64),
        rate_error=table["rate_error"].to_numpy(),
        has_evidence=table["has_evidence"].to_numpy(),
    )


def limits_of(warehouse: Warehouse, caps: Sequence[NightCap], people: pa.ChunkedArray) -> tuple[NightLimit, ...]:
    """Return the limits of the night over candidates; `people` are the ids of all who stand, ascending."""
    return tuple(
        NightLimit(
            night.cap.name,
            UNLIMITED if night.cap.at_most is None else night.available,
            "count" if night.cap.kind == "count" else _MEASURES[night.cap.risk],
            night.cap.chance,
            night.cap.at_least,
            reserved_before=night.used_before - night.posted_before,
            variance_before=night.variance_before,
            unspent=None if night.cap.at_most is None else max(night.cap.at_most - night.posted_before, 0),
            **covered(warehouse, night.cap.where, people),
        )
        for night in caps
    )


def covered(warehouse: Warehouse, where: Mapping[str, Sequence[str]], people: pa.ChunkedArray) -> Covered:
    """Return what a limit on `where` is about: flags of offers, channels and people, those that it names.

    Args:
        where: campaign, template, offer, funder, channel, segment or store -> the values of which one must fit.
        people: ids of all people who stand, ascending.
    """
    found = Covered()
    for key, wanted in where.items():
        if key in _OF_OFFERS:
            _and(found, "offers", _offers_with(warehouse, _OF_OFFERS[key], wanted))
        elif key == "channel":
            _and(found, "channels", np.isin(CHANNELS, list(wanted)))
        else:
            members = warehouse.arrow(_MEMBERS[key], {"wanted": list(wanted)})["customer_id"]
            _and(found, "people", pc.is_in(people, value_set=members.combine_chunks()).to_numpy())
    return found


def _and(found: Covered, name: Literal["offers", "channels", "people"], flags: Flags) -> None:
    found[name] = found[name] & flags if name in found else flags


def _offers_with(warehouse: Warehouse, column: str, wanted: Sequence[str]) -> Flags:
    values = warehouse.arrow(f"select {column} as value from offers.catalogue order by offer_id")["value"]
    return np.asarray(pc.is_in(values, value_set=pa.array(list(wanted))).to_numpy(), dtype=bool)
