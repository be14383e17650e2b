-- features.customer_rhythm: one row per customer with an order before as_of; gaps run between distinct purchase days.
with purchase_days as (
    select distinct customer_id, ordered_on
    from core.purchase
    where customer_id is not null and not is_return and ordered_at < $as_of and arrived_on <= $business_date
),
gaps as (
    select
        customer_id,
        ordered_on,
        date_diff('day', lag(ordered_on) over (partition by customer_id order by ordered_on), ordered_on) as gap_days
    from purchase_days
),
totals as (
    select
        customer_id,
        count(gap_days) as gap_count,
        cast(coalesce(sum(gap_days), 0) as bigint) as gap_days_sum,
        cast(coalesce(sum(gap_days * gap_days), 0) as bigint) as gap_days_squares,
        median(gap_days) as gap_days_median,
        max(case when date_diff('day', ordered_on, $business_date) < 90 then gap_days end) as longest_gap_days_90_days,
        max(ordered_on) as last_ordered_on
    from gaps
    group by customer_id
),
-- The shop's gap stands in for customers with few gaps of their own, with the weight of two gaps.
shop as (
    select cast(sum(gap_days_sum) as bigint) as gap_days_sum, cast(sum(gap_count) as bigint) as gap_count
    from totals
)
select
    totals.customer_id,
    totals.gap_count,
    totals.gap_days_sum / nullif(totals.gap_count, 0) as gap_days_mean,
    totals.gap_days_median,
    case
        when totals.gap_count >= 2 then sqrt(
            (totals.gap_count * totals.gap_days_squares - totals.gap_days_sum * totals.gap_days_sum)
            / (totals.gap_count * (totals.gap_count - 1))
        ) / (totals.gap_days_sum / totals.gap_count)
    end as gap_variation,
    totals.longest_gap_days_90_days,
    (totals.gap_days_sum + 2 * (shop.gap_days_sum / nullif(shop.gap_count, 0))) / (totals.gap_count + 2)
        as expected_gap_days,
    date_diff('day', totals.last_ordered_on, $business_date)
        / ((totals.gap_days_sum + 2 * (shop.gap_days_sum / nullif(shop.gap_count, 0))) / (totals.gap_count + 2))
        as due_ratio
from totals
cross join shop
