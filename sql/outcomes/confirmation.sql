-- outcomes.confirmation: one row per promise and kind of reward credited since the last night: what the customer can be told.
with last_night as (
    select coalesce(max(business_date), $business_date - 1) as business_date
    from offers.decision_history
    where business_date < $business_date
),
credits as (
    select credits.*
    from outcomes.matched_credit as credits
    cross join last_night
    where credits.offer_key is not null and credits.reversed_on is null and credits.arrived_on > last_night.business_date
),
totals as (
    select
        offer_key,
        kind,
        cast(sum(points) as bigint) as points,
        cast(sum(amount_minor) as bigint) as value_minor,
        max(credited_on) as credited_on
    from credits
    group by offer_key, kind
)
select
    totals.offer_key,
    promises.promised_to_id as customer_id,
    -- Who is no longer a customer is told nothing.
    coalesce(customers.language, $shop_default_language) as language,
    totals.kind,
    totals.points,
    totals.value_minor,
    totals.credited_on
from totals
inner join outcomes.promise as promises on totals.offer_key = promises.offer_key
inner join core.customer as customers on promises.customer_id = customers.customer_id
where customers.status <> 'closed'
order by totals.offer_key, totals.kind
