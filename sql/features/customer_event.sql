-- features.customer_event: one row per browsing event of a known customer in the last 90 days.
with events as (
    select *, date_diff('day', occurred_on, $business_date) as age_days
    from core.browsing_event
    where
        occurred_at < $as_of
        and arrived_on <= $business_date
        and date_diff('day', occurred_on, $business_date) < 90
)
select
    events.event_id,
    owners.customer_id,
    events.session_id,
    events.occurred_at,
    events.age_days,
    events.kind,
    events.product_id,
    events.category_id,
    -- A page left open is no interest: half an hour at most.
    cast(least(coalesce(events.dwell_seconds, 0), 1800) as bigint) as dwell_seconds,
    -- Half-life of 14 days. Decimal, so that sums do not depend on the order of rows.
    cast(pow(0.5, events.age_days / 14.0) as decimal(18, 9)) as weight
from events
inner join features.visitor_owner as owners
    on
        events.visitor_id = owners.visitor_id
        and events.occurred_at >= owners.owned_from_at
        and events.occurred_at < owners.owned_until_at
