-- name: sources
-- One row per source with what it delivered up to tonight.
select
    source,
    max(delivered_on) filter (where not is_history) as delivered_on,
    sum(accepted_count) as accepted_count,
    coalesce(sum(accepted_count) filter (where delivered_on = $business_date and not is_history), 0) as tonight_count,
    coalesce(sum(reject_count) filter (where delivered_on = $business_date and not is_history), 0) as reject_count
from meta.delivery
where is_history or delivered_on <= $business_date
group by source
order by source

-- name: groups
-- One row per group of tonight's decision.
select
    group_name,
    count(*) as customer_count,
    count(offer_id) as offer_count,
    -- Null when nobody in the group has an estimate, as in a pilot.
    cast(sum(value_minor) as bigint) as value_minor,
    cast(coalesce(sum(cost_minor), 0) as bigint) as cost_minor,
    cast(coalesce(sum(worst_cost_minor), 0) as bigint) as worst_cost_minor
from offers.decision
group by group_name
order by customer_count desc, group_name

-- name: decided
-- One row per group and reason of tonight's decision.
select group_name, reason, count(*) as customer_count
from offers.decision
group by group_name, reason
order by group_name, reason

-- name: reasons
-- One row per reason why a customer got an offer, or none.
select reason, count(*) as customer_count, count(offer_id) as offer_count
from offers.decision
group by reason
order by customer_count desc, reason

-- name: checks
-- One row per severity with the checks kept and broken.
select
    severity,
    count(*) filter (where is_success) as kept_count,
    count(*) filter (where not is_success) as broken_count
from meta.check_result
where business_date = $business_date and schema_name <> 'publish'
group by severity
order by severity

-- name: broken
-- One row per broken promise, those that must hold first.
select schema_name || '.' || table_name as address, check_index, severity, description
from meta.check_result
where business_date = $business_date and schema_name <> 'publish' and not is_success
order by severity, schema_name, table_name, check_index

-- name: limits
-- One row: the budget for all offers together.
select
    limit_name,
    'money' as counted,
    period,
    cap_minor as cap,
    used_before_minor as used_before,
    expected_minor as tonight,
    left_minor as left,
    worst_minor
from offers.budget
where limit_name = 'budget'
