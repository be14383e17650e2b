-- features.customer_category_browsing: one row per customer x category looked at in the last 90 days.
with events as (
    select
        events.*,
        -- Interest counts as not bought when no purchase of the category followed it.
        case
            when categories.last_ordered_at is null or events.occurred_at > categories.last_ordered_at then 1 else 0
        end as is_unbought
    from features.customer_event as events
    left join features.customer_category as categories
        on events.customer_id = categories.customer_id and events.category_id = categories.category_id
    where events.category_id is not null
)
select
    customer_id,
    category_id,
    cast(sum(case when kind = 'view' and age_days < 30 then 1 else 0 end) as bigint) as view_count_30_days,
    cast(sum(case when kind = 'view' then 1 else 0 end) as bigint) as view_count_90_days,
    cast(sum(case when kind = 'cart' and age_days < 30 then 1 else 0 end) as bigint) as cart_count_30_days,
    cast(sum(case when kind = 'cart' then 1 else 0 end) as bigint) as cart_count_90_days,
    cast(sum(case when age_days < 30 then dwell_seconds else 0 end) as bigint) as dwell_seconds_30_days,
    cast(sum(case when kind = 'view' then weight else 0 end) as decimal(38, 9)) as view_score,
    cast(sum(case when kind = 'cart' then weight else 0 end) as decimal(38, 9)) as cart_score,
    cast(sum(weight * dwell_seconds) as decimal(38, 9)) as dwell_score,
    min(age_days) as days_since_visit,
    cast(sum(case when kind = 'view' then is_unbought else 0 end) as bigint) as unbought_view_count_90_days,
    cast(sum(case when kind = 'cart' then is_unbought else 0 end) as bigint) as unbought_cart_count_90_days,
    cast(sum(case when kind = 'view' and is_unbought = 1 then weight else 0 end) as decimal(38, 9))
        as unbought_view_score,
    cast(sum(case when kind = 'cart' and is_unbought = 1 then weight else 0 end) as decimal(38, 9))
        as unbought_cart_score
from events
group by customer_id, category_id
