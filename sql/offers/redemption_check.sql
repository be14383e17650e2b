-- offers.redemption_check: one row per wave and offer whose redemptions were estimated: the estimate so far against what came.
with withdrawn as (
    select distinct reservation_id from offers.ledger_entry
    where redemption_id is null and business_date <= $business_date and (kind = 'reverse' or reason = 'withdrawn')
),
promises as (
    -- In a pilot the worst case stands for the cost: that is no estimate to be checked.
    select
        reservation.*,
        decision.evidence
    from offers.reservation as reservation
    left join offers.decision_history as decision
        on reservation.business_date = decision.business_date
        and reservation.customer_id = decision.customer_id
        and reservation.offer_id = decision.offer_id
    anti join withdrawn on reservation.reservation_id = withdrawn.reservation_id
    where reservation.business_date < $business_date
        and reservation.estimated_minor is not null
        and reservation.group_name <> 'pilot'
),
posted as (
    select
        reservation_id,
        redemption_id,
        sum(case when kind = 'reverse' then -amount else amount end) as cost_minor
    from offers.ledger_entry
    where limit_name = 'budget' and redemption_id is not null and business_date <= $business_date
    group by reservation_id, redemption_id
    having sum(case when kind = 'reverse' then -amount else amount end) > 0
),
by_promise as (
    select
        reservation_id,
        count(*) as redemption_count,
        sum(cost_minor) as actual_minor,
        sum(cast(cost_minor as hugeint) * cost_minor) as actual_squared
    from posted
    group by reservation_id
),
waves as (
    select
        promises.wave_id,
        promises.offer_id,
        any_value(promises.template_id) as template_id,
        -- One night tells an offer's costs from one kind of evidence.
        any_value(promises.evidence) as evidence,
        min(promises.business_date) as business_date,
        min(promises.valid_from) as valid_from,
        max(promises.valid_until) as valid_until,
        count(*) as customer_count,
        sum(promises.estimated_minor) as estimated_minor,
        sum(cast(round(1000000 * promises.redeem_chance) as bigint)) / 1000000.0 as estimated_count,
        coalesce(sum(by_promise.redemption_count), 0) as redemption_count,
        coalesce(sum(by_promise.actual_minor), 0) as actual_minor,
        coalesce(sum(by_promise.actual_squared), 0) as actual_squared
    from promises
    left join by_promise on promises.reservation_id = by_promise.reservation_id
    group by promises.wave_id, promises.offer_id
),
elapsed as (
    select
        waves.*,
        least(($business_date - valid_from + 1) / cast(valid_until - valid_from + 1 as double), 1.0) as elapsed_share
    from waves
),
timed as (
    -- Straight between the ends of twentieths.
    select
        elapsed.*,
        case
            when elapsed_share >= 1 then 1.0
            when elapsed_share <= 0 then 0.0
            else coalesce(reached.redeemed_share, 0)
                + (20 * elapsed_share - floor(20 * elapsed_share))
                    * (coalesce(following.redeemed_share, 1) - coalesce(reached.redeemed_share, 0))
        end as due_share
    from elapsed
    left join offers.redemption_profile as reached
        on reached.twentieth = cast(floor(20 * elapsed.elapsed_share) as integer)
    left join offers.redemption_profile as following
        on following.twentieth = cast(floor(20 * elapsed.elapsed_share) as integer) + 1
),
figures as (
    select
        *,
        estimated_minor * due_share as due_minor,
        -- Var(actual) = sum of squares for rare redemptions; before any came, one of the whole estimate stands for it.
        sqrt(case when actual_minor > 0 then actual_squared else estimated_minor * cast(estimated_minor as double) end)
            as actual_error
    from timed
)
select
    wave_id,
    offer_id,
    template_id,
    evidence,
    business_date,
    valid_until,
    customer_count,
    elapsed_share,
    due_share,
    estimated_count,
    estimated_count * due_share as due_count,
    cast(redemption_count as bigint) as redemption_count,
    cast(estimated_minor as bigint) as estimated_minor,
    cast(round(due_minor) as bigint) as due_minor,
    cast(actual_minor as bigint) as actual_minor,
    cast(actual_squared as double) as actual_squared,
    actual_minor / nullif(due_minor, 0) as ratio,
    greatest(actual_minor - 1.96 * actual_error, 0) / nullif(due_minor, 0) as ratio_low,
    (actual_minor + 1.96 * actual_error) / nullif(due_minor, 0) as ratio_high
from figures
order by wave_id, offer_id
