-- features.customer_browsing: one row per customer seen browsing in the last 90 days.
with sessions as (
    select
        customer_id,
        min(age_days) as age_days,
        sum(case when kind = 'view' and age_days < 7 then 1 else 0 end) as view_count_7_days,
        sum(case when kind = 'view' and age_days < 30 then 1 else 0 end) as view_count_30_days,
        sum(case when kind = 'view' then 1 else 0 end) as view_count_90_days,
        sum(case when kind = 'search' and age_days < 30 then 1 else 0 end) as search_count_30_days,
        sum(case when kind = 'cart' and age_days < 7 then 1 else 0 end) as cart_count_7_days,
        sum(case when kind = 'cart' and age_days < 30 then 1 else 0 end) as cart_count_30_days,
        sum(case when kind = 'cart' then 1 else 0 end) as cart_count_90_days,
        sum(case when age_days < 30 then dwell_seconds else 0 end) as dwell_seconds_30_days,
        sum(case when kind = 'view' then weight else 0 end) as view_score,
        sum(case when kind = 'cart' then weight else 0 end) as cart_score,
        sum(weight * dwell_seconds) as dwell_score
    from features.customer_event
    group by customer_id, session_id
),
visits as (
    select
        customer_id,
        cast(sum(case when age_days < 30 then 1 else 0 end) as bigint) as session_count_30_days,
        count(*) as session_count_90_days,
        min(age_days) as days_since_visit,
        cast(sum(view_count_7_days) as bigint) as view_count_7_days,
        cast(sum(view_count_30_days) as bigint) as view_count_30_days,
        cast(sum(view_count_90_days) as bigint) as view_count_90_days,
        cast(sum(search_count_30_days) as bigint) as search_count_30_days,
        cast(sum(cart_count_7_days) as bigint) as cart_count_7_days,
        cast(sum(cart_count_30_days) as bigint) as cart_count_30_days,
        cast(sum(cart_count_90_days) as bigint) as cart_count_90_days,
        cast(sum(dwell_seconds_30_days) as bigint) as dwell_seconds_30_days,
        cast(sum(view_score) as double) as view_score,
        cast(sum(cart_score) as double) as cart_score,
        cast(sum(dwell_score) as double) as dwell_score
    from sessions
    group by customer_id
),
interests as (
    select
        customer_id,
        cast(sum(case when view_count_30_days > 0 then 1 else 0 end) as bigint) as viewed_category_count_30_days,
        cast(sum(case when view_count_30_days > 0 and unbought_view_count_90_days > 0 then 1 else 0 end) as bigint)
            as unbought_category_count_30_days,
        cast(sum(unbought_view_score) as double) as unbought_view_score,
        cast(sum(unbought_cart_score) as double) as unbought_cart_score
    from features.customer_category_browsing
    group by customer_id
)
select
    visits.*,
    coalesce(interests.viewed_category_count_30_days, 0) as viewed_category_count_30_days,
    coalesce(interests.unbought_category_count_30_days, 0) as unbought_category_count_30_days,
    coalesce(interests.unbought_view_score, 0) as unbought_view_score,
    coalesce(interests.unbought_cart_score, 0) as unbought_cart_score
from visits
left join interests on visits.customer_id = interests.customer_id
