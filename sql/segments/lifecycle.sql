-- segments.lifecycle: one row per customer registered before as_of.
with customers as (
    select
        customer_id,
        tenure_days,
        order_count,
        days_since_first_order,
        days_since_order,
        longest_gap_days_90_days,
        -- A shop's first customers have no rhythm yet: a month stands in.
        coalesce(expected_gap_days, 30) as expected_gap_days,
        days_since_order / coalesce(expected_gap_days, 30) as due_ratio,
        coalesce(days_since_order, tenure_days)
        || case coalesce(days_since_order, tenure_days) when 1 then ' day' else ' days' end as ago
    from features.customer
),
stages as (
    select
        *,
        case
            when order_count = 0 then 'prospect'
            when days_since_first_order < $segments_new_days then 'new'
            when days_since_order >= $segments_lapsed_days and due_ratio >= $segments_slipping_factor then 'lapsed'
            when due_ratio >= $segments_slipping_factor then 'slipping'
            when due_ratio >= $segments_due_factor then 'due'
            when longest_gap_days_90_days >= $segments_lapsed_days then 'reactivated'
            else 'active'
        end as segment
    from customers
)
select
    customer_id,
    segment,
    case
        when segment = 'prospect' then 'Registered ' || ago || ' ago and never ordered.'
        when segment = 'new'
            then 'First order less than ' || $segments_new_days || ' days ago; last order ' || ago || ' ago.'
        when segment = 'reactivated'
            then 'Came back in the last 90 days after ' || longest_gap_days_90_days
                || ' days without an order; last order ' || ago || ' ago.'
        else 'Last order ' || ago || ' ago, ' || printf('%.1f', due_ratio)
            || ' times the usual ' || printf('%.0f', expected_gap_days) || ' days between orders.'
    end as reason
from stages
