-- core.browsing_event: one row per view, search or cart event made by a person, not by a program.
with events as (
    select * from staging.browsing_events
),
bots as (
    select * from core.bot_visitor
),
products as (
    select * from core.product
)
select
    events.event_id,
    events.session_id,
    events.visitor_id,
    events.occurred_at,
    events.occurred_on,
    events.arrived_on,
    events.kind,
    events.product_id,
    coalesce(products.category_id, events.category_id) as category_id,
    events.query,
    events.dwell_seconds
from events
left join products on events.product_id = products.product_id
-- Only the day in question is left out, so a bad day tomorrow does not change what was known today.
left join bots on events.visitor_id = bots.visitor_id and events.occurred_on = bots.occurred_on
where bots.visitor_id is null and (events.product_id is null or products.product_id is not null)
order by events.visitor_id, events.occurred_at, events.event_id
