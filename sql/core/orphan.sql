-- core.orphan: one row per staged record that no fact table takes, with the reason.
with orders as (
    select * from core.order_verdict
),
orders_to_come as (
    -- A run for an earlier date finds lines in the first load whose orders have not happened yet.
    select order_id
    from raw.orders as loaded
    anti join orders on loaded.order_id = orders.order_id
    where loaded._is_history
),
order_orphans as (
    select
        'orders' as table_name,
        orders.order_id as key,
        coalesce(orders.reason, 'no usable line') as reason,
        orders.missing_id
    from orders
    anti join core.purchase as purchases on orders.order_id = purchases.order_id
),
line_orphans as (
    select
        'order_lines' as table_name,
        concat(lines.order_id, '/', lines.line_number) as key,
        case
            when orders.order_id is null then 'unknown order'
            when orders.reason is not null then concat('order: ', orders.reason)
            else 'unknown product'
        end as reason,
        case
            when orders.order_id is null then lines.order_id
            when orders.reason is not null then orders.missing_id
            else lines.product_id
        end as missing_id
    from staging.order_lines as lines
    left join orders on lines.order_id = orders.order_id
    left join core.product as products on lines.product_id = products.product_id
    anti join orders_to_come on lines.order_id = orders_to_come.order_id
    where orders.order_id is null or orders.reason is not null or products.product_id is null
),
event_orphans as (
    select
        'browsing_events' as table_name,
        events.event_id as key,
        'unknown product' as reason,
        events.product_id as missing_id
    from staging.browsing_events as events
    anti join core.product as products on events.product_id = products.product_id
    where events.product_id is not null
),
customer_references as (
    -- Keys name no address: contact data live in core.contact alone.
    select 'contacts' as table_name, concat(customer_id, '/', kind) as key, customer_id
    from staging.contacts
    union all
    select 'consents' as table_name, concat(customer_id, '/', channel, '/', purpose) as key, customer_id
    from staging.consents
    union all
    select 'identity_links' as table_name, concat(visitor_id, '/', customer_id) as key, customer_id
    from staging.identity_links
    union all
    select 'offer_assignments' as table_name, assignment_id as key, customer_id
    from staging.offer_assignments
    union all
    select 'receipts' as table_name, receipt_id as key, customer_id
    from staging.receipts
    union all
    select 'redemptions' as table_name, redemption_id as key, customer_id
    from staging.redemptions
    union all
    select 'strategic_customers' as table_name, customer_id as key, customer_id
    from staging.strategic_customers
    union all
    select 'complaints' as table_name, complaint_id as key, customer_id
    from staging.complaints
    union all
    select 'credits' as table_name, credit_id as key, customer_id
    from staging.credits
    union all
    select 'survey_answers' as table_name, answer_id as key, customer_id
    from staging.survey_answers
),
customer_orphans as (
    select distinct
        customer_references.table_name,
        customer_references.key,
        'unknown customer' as reason,
        customer_references.customer_id as missing_id
    from customer_references
    anti join core.person_link as links on customer_references.customer_id = links.record_id
),
credit_orphans as (
    select 'credits' as table_name, credit_id as key, reason, reverses as missing_id
    from core.credit_reversal
    where reason is not null and reason <> 'unknown customer'
),
orphans as (
    select * from order_orphans
    union all
    select * from line_orphans
    union all
    select * from event_orphans
    union all
    select * from customer_orphans
    union all
    select * from credit_orphans
)
select
    table_name,
    key,
    reason,
    missing_id
from orphans
order by table_name, key
