-- offers.target_reason: one row per customer, target of the catalogue and reason to offer it, with the facts of the reason.
with rhythms as (
    select
        *,
        case when day_count >= $candidates_rhythm_day_count then days_since_order / nullif(gap_days_mean, 0) end as due_ratio,
        case when day_count = 1 then 'bought on 1 day' else 'bought on ' || day_count || ' days' end as bought_text,
        ', on average every ' || round(gap_days_mean, 1) || ' days' as rhythm_text
    from offers.target_purchase
),
looks as (
    select
        *,
        case when cart_count = 1 then 'once' else cart_count || ' times' end as cart_text,
        case when view_count = 1 then 'once' else view_count || ' times' end as view_text
    from offers.target_browsing
),
companions as (
    select
        companions.*,
        companions.counted = 'basket' as is_of_baskets,
        coalesce(categories.category_name, companions.category_id) as category_name
    from offers.target_companion as companions
    left join core.category as categories on companions.category_id = categories.category_id
),
-- The score is weight x strength, both within 0 and 1. The person's own latest acts weigh most, other people's least.
reasons as (
    select
        customer_id,
        target_kind,
        target_id,
        'carted' as target_reason,
        1.0 * pow(0.5, days_since_cart / 28.0) as score,
        'put in the cart ' || cart_text || ', last ' || days_since_cart || ' days ago, and not bought since' as reason_detail
    from looks
    where cart_count > 0
    union all
    select
        customer_id,
        target_kind,
        target_id,
        'viewed',
        0.7 * pow(0.5, days_since_view / 28.0) * view_count / (view_count + 1),
        'viewed ' || view_text || ', last ' || days_since_view || ' days ago, and not bought since'
    from looks
    where view_count > 0
    union all
    select
        customer_id,
        target_kind,
        target_id,
        case when due_ratio < $candidates_lapsed_from then 'due' else 'lapsed' end,
        case
            when due_ratio < $candidates_lapsed_from then 0.9 * least(due_ratio, 1 / due_ratio)
            else 0.6 * day_count / (day_count + 5)
        end,
        bought_text || rhythm_text || ', last ' || days_since_order || ' days ago'
    from rhythms
    where due_ratio >= $candidates_due_from
    union all
    select
        customer_id,
        target_kind,
        target_id,
        'bought',
        0.2 / (1 + days_since_order / 90.0),
        bought_text || ', last ' || days_since_order || ' days ago'
    from rhythms
    where day_count < $candidates_rhythm_day_count
    union all
    select
        customer_id,
        target_kind,
        target_id,
        case when is_of_baskets then 'complement' else 'new_to_it' end,
        case when is_of_baskets then 0.5 else 0.4 end * (1 - 1 / lift),
        case when is_of_baskets then 'baskets with ' else 'never bought; customers who buy ' end || category_name
            || ' have it ' || round(lift, 1) || ' times as often as others'
    from companions
)
select
    customer_id,
    target_kind,
    target_id,
    target_reason,
    round(score, 6) as score,
    reason_detail
from reasons
