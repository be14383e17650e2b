-- offers.target_interest: one row per customer and category or product target of the catalogue that the customer bought or looked at.
with targets as (
    select distinct target_kind, target_id from offers.catalogue where target_kind <> 'basket'
),
links as (
    -- A browser belongs to whom it was recognised as last.
    select visitor_id, arg_max(customer_id, (linked_at, customer_id)) as customer_id
    from core.visitor_link
    where linked_at < $as_of and arrived_on <= $business_date
    group by visitor_id
),
signals as (
    select customer_id, category_id, product_id, 'bought' as kind, order_id as id
    from core.purchase_line
    where ordered_at < $as_of and arrived_on <= $business_date and kind = 'sale' and customer_id is not null
    union all
    select links.customer_id, events.category_id, events.product_id, events.kind, events.event_id
    from core.browsing_event as events
    inner join links on events.visitor_id = links.visitor_id
    where events.occurred_at < $as_of and events.arrived_on <= $business_date and events.kind in ('view', 'cart')
),
hits as (
    select signals.customer_id, targets.target_kind, targets.target_id, signals.kind, signals.id
    from signals
    inner join targets
        on targets.target_id = case targets.target_kind when 'category' then signals.category_id else signals.product_id end
)
select
    customer_id,
    target_kind,
    target_id,
    count(distinct id) filter (where kind = 'bought') as order_count,
    count(*) filter (where kind = 'cart') as cart_count,
    count(*) filter (where kind = 'view') as view_count,
    case when order_count > 0 then 'bought' when cart_count > 0 then 'carted' else 'viewed' end as target_reason
from hits
group by customer_id, target_kind, target_id
order by customer_id, target_kind, target_id
