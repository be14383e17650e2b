-- name: limits
-- One row per limit, the whole budget first; money in minor units, contacts and pieces as they are.
select
    limit_name,
    coalesce(counted, 'money') as counted,
    period,
    risk,
    chance,
    coalesce(cap_minor, cap_count) as cap,
    coalesce(used_before_minor, used_before_count) as used_before,
    coalesce(expected_minor, given_count) as tonight,
    coalesce(left_minor, left_count) as left,
    worst_minor,
    overspend_chance,
    at_least,
    missing_to_minimum
from offers.budget
order by limit_name <> 'budget', counted <> 'money', limit_name

-- name: ledger
-- One row per limit and period with offers still open or something booked tonight, the newest period first.
select
    limit_name,
    period_on,
    counted,
    cap,
    opening_reserved + opening_posted as opening,
    reserved,
    posted,
    released + reversed as given_back,
    closing_reserved,
    closing_posted,
    closing_overrun
from offers.trial_balance
order by limit_name <> 'budget', limit_name, period_on desc

-- name: redeemed
-- One row per offer whose redemptions were estimated: what should have come by now, and what came.
select
    redemptions.offer_id,
    cast(sum(redemptions.customer_count) as bigint) as customer_count,
    cast(sum(redemptions.redemption_count) as bigint) as redemption_count,
    cast(sum(redemptions.due_minor) as bigint) as due_minor,
    cast(sum(redemptions.actual_minor) as bigint) as actual_minor,
    sum(redemptions.actual_minor) / nullif(sum(redemptions.due_minor), 0) as ratio,
    greatest(sum(redemptions.actual_minor) - 1.96 * sqrt(sum(redemptions.actual_squared)), 0)
        / nullif(sum(redemptions.due_minor), 0) as ratio_low,
    (sum(redemptions.actual_minor) + 1.96 * sqrt(sum(redemptions.actual_squared)))
        / nullif(sum(redemptions.due_minor), 0) as ratio_high,
    any_value(factors.cost_factor) as cost_factor
from offers.redemption_check as redemptions
left join offers.cost_factor as factors on redemptions.offer_id = factors.offer_id
group by redemptions.offer_id
order by due_minor desc, redemptions.offer_id

-- name: unmatched
-- One row per reason why a redemption of the last days has no open promise of ours behind it, the dearest first.
select
    why,
    is_booked,
    count(*) as redemption_count,
    count(distinct customer_id) as customer_count,
    cast(sum(discount_minor) as bigint) as discount_minor
from offers.unmatched_redemption
group by why, is_booked
order by discount_minor desc, why

-- name: allocation
-- One row: how far tonight's choice is from the best possible one.
select value_minor, upper_bound_minor, gap_share, shadow_price, candidate_count, chosen_count
from offers.allocation_summary
where business_date = $business_date

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
