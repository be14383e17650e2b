-- name: given
-- One row per night, offer, channel, segment of the life cycle and home store with offers given: the last nights.
with given as (
    select business_date, customer_id, offer_id, campaign_id, channel, cost_minor, value_minor
    from offers.decision_history
    where offer_id is not null
        and business_date <= $business_date
        and business_date > cast($business_date as date) - 14
),
stages as (
    select customer_id, segment from segments.membership where family = 'lifecycle'
)
select
    given.business_date,
    given.offer_id,
    min(given.campaign_id) as campaign_id,
    coalesce(given.channel, '') as channel,
    coalesce(stages.segment, '(none)') as segment,
    coalesce(customers.home_store_id, '') as store_id,
    count(*) as offer_count,
    cast(coalesce(sum(given.cost_minor), 0) as bigint) as cost_minor,
    cast(coalesce(sum(given.value_minor), 0) as bigint) as value_minor
from given
left join core.customer as customers on given.customer_id = customers.customer_id
left join stages on given.customer_id = stages.customer_id
group by
    given.business_date,
    given.offer_id,
    coalesce(given.channel, ''),
    coalesce(stages.segment, '(none)'),
    coalesce(customers.home_store_id, '')
order by all

-- name: stores
-- One row per store.
select store_id, coalesce(store_name, store_id) as store_name from core.store order by store_id
