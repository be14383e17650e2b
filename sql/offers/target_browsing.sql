-- offers.target_browsing: one row per customer and target of the catalogue looked at in the last 90 days and not bought since.
with targets as (
    select distinct target_kind, target_id from offers.catalogue where target_kind <> 'basket'
),
looks as (
    select events.customer_id, targets.target_kind, targets.target_id, events.kind, events.occurred_at, events.age_days
    from features.customer_event as events
    inner join targets
        on targets.target_id = case targets.target_kind when 'category' then events.category_id else events.product_id end
    where events.kind in ('view', 'cart')
)
select
    looks.customer_id,
    looks.target_kind,
    looks.target_id,
    count(*) filter (where looks.kind = 'cart') as cart_count,
    count(*) filter (where looks.kind = 'view') as view_count,
    min(looks.age_days) filter (where looks.kind = 'cart') as days_since_cart,
    min(looks.age_days) filter (where looks.kind = 'view') as days_since_view
from looks
left join offers.target_purchase as purchases
    on looks.customer_id = purchases.customer_id
    and looks.target_kind = purchases.target_kind
    and looks.target_id = purchases.target_id
where purchases.customer_id is null or looks.occurred_at > purchases.last_ordered_at
group by looks.customer_id, looks.target_kind, looks.target_id
order by looks.customer_id, looks.target_kind, looks.target_id
