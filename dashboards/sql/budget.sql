-- name: limits
-- One row per limit, the whole budget first.
select limit_name, period, cap_minor, used_before_minor, expected_minor, worst_minor, left_minor
from offers.budget
order by limit_name <> 'budget', limit_name

-- name: allocation
-- One row: how far tonight's choice is from the best possible one.
select value_minor, upper_bound_minor, gap_share, shadow_price, candidate_count, chosen_count
from offers.allocation_summary
where business_date = $business_date

-- name: offers
-- One row per offer given tonight, the dearest first.
select
    decision.offer_id,
    any_value(catalogue.template_id) as template_id,
    count(*) as customer_count,
    -- Null when no customer has an estimate, as in a pilot.
    cast(sum(decision.value_minor) as bigint) as value_minor,
    cast(sum(decision.cost_minor) as bigint) as cost_minor,
    cast(sum(decision.worst_cost_minor) as bigint) as worst_cost_minor
from offers.decision as decision
inner join offers.catalogue as catalogue on decision.offer_id = catalogue.offer_id
group by decision.offer_id
order by cost_minor desc, decision.offer_id

-- name: purposes
-- One row per way of choosing, with what it costs.
select
    group_name,
    count(*) as customer_count,
    cast(sum(value_minor) as bigint) as value_minor,
    cast(sum(cost_minor) as bigint) as cost_minor,
    cast(sum(worst_cost_minor) as bigint) as worst_cost_minor
from offers.decision
where offer_id is not null
group by group_name
order by cost_minor desc, group_name

-- name: nights
-- One row per night up to this one, the last thirty.
select
    business_date,
    count(offer_id) as offer_count,
    cast(coalesce(sum(value_minor), 0) as bigint) as value_minor,
    cast(coalesce(sum(cost_minor), 0) as bigint) as cost_minor
from offers.decision_history
where business_date <= $business_date
group by business_date
order by business_date desc
limit 30
