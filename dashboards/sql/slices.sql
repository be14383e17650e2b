-- name: given
-- One row per night, offer, channel, segment of the life cycle and home store with offers given. The segment is that of
-- the night itself: the cells of a night stay the same on the pages of every later night.
with given as (
    select business_date, customer_id, offer_id, campaign_id, channel, cost_minor, worst_cost_minor, value_minor
    from offers.decision_history
    where offer_id is not null and business_date <= $business_date
),
stages as (
    select business_date, customer_id, segment from segments.history where family = 'lifecycle'
)
select
    given.business_date,
    given.offer_id,
    min(given.campaign_id) as campaign_id,
    coalesce(given.channel, 'unknown') as channel,
    coalesce(stages.segment, 'unknown') as segment,
    coalesce(customers.home_store_id, '') as store_id,
    count(*) as given_count,
    cast(coalesce(sum(given.cost_minor), 0) as bigint) as cost_minor,
    cast(coalesce(sum(given.worst_cost_minor), 0) as bigint) as worst_cost_minor,
    cast(coalesce(sum(given.value_minor), 0) as bigint) as value_minor
from given
left join core.customer as customers on given.customer_id = customers.customer_id
left join stages on given.customer_id = stages.customer_id and given.business_date = stages.business_date
group by
    given.business_date,
    given.offer_id,
    coalesce(given.channel, 'unknown'),
    coalesce(stages.segment, 'unknown'),
    coalesce(customers.home_store_id, '')
order by all

-- name: sent
-- One row per day of the wave, offer, channel, segment and home store with offers sent: how far they got up to tonight.
with stages as (
    select business_date, customer_id, segment from segments.history where family = 'lifecycle'
)
select
    sent.wave_on as business_date,
    sent.offer_id,
    min(sent.campaign_id) as campaign_id,
    sent.channel,
    coalesce(stages.segment, 'unknown') as segment,
    coalesce(customers.home_store_id, '') as store_id,
    count(*) as offered_count,
    count(sent.accepted_at) as accepted_count,
    count(sent.delivered_at) as delivered_count,
    count(sent.opened_at) as opened_count,
    count(sent.clicked_at) as clicked_count,
    count(sent.redeemed_at) as redeemed_count,
    count(case when sent.redeemed_at is not null then sent.credited_at end) as credited_count,
    count(*) filter (
        where sent.redeemed_at is not null and sent.needs_credit and sent.credited_at is null and sent.returned_on is null
    ) as owed_count,
    cast(
        coalesce(
            sum(sent.promised_minor) filter (
                where
                    sent.redeemed_at is not null
                    and sent.needs_credit
                    and sent.credited_at is null
                    and sent.returned_on is null
            ),
            0
        ) as bigint
    ) as owed_minor
from outcomes.promise as sent
left join core.customer as customers on sent.customer_id = customers.customer_id
left join stages on sent.customer_id = stages.customer_id and sent.wave_on = stages.business_date
group by
    sent.wave_on, sent.offer_id, sent.channel, coalesce(stages.segment, 'unknown'), coalesce(customers.home_store_id, '')
order by all

-- name: stores
-- One row per store.
select store_id, coalesce(store_name, store_id) as store_name from core.store order by store_id

-- name: spread
-- One row per night, offer and way of choosing: what the offers are expected to cost, how far chance moves that (the
-- variance of what each will really cost), and how far a wrong redemption rate moves them all together.
with standing as (
    -- Of several decisions of one night the last.
    select * from offers.reservation
    where business_date <= $business_date and business_date > cast($business_date as date) - 14
    qualify attempt = max(attempt) over (partition by business_date)
)
select
    standing.business_date,
    standing.offer_id,
    standing.group_name,
    cast(sum(standing.cost_minor) as bigint) as cost_minor,
    cast(sum(cast(round(standing.cost_variance) as hugeint)) as double) as chance_variance,
    cast(sum(cast(round(standing.cost_minor * coalesce(factors.cost_factor_error, 0.0)) as hugeint)) as double)
        as rate_error_minor
from standing
left join offers.cost_factor as factors on standing.offer_id = factors.offer_id
group by standing.business_date, standing.offer_id, standing.group_name
order by standing.business_date, standing.offer_id, standing.group_name

-- name: decided
-- One row per group and reason of tonight's decision: which of these counts are hidden is decided for all pages at once.
select group_name, reason, count(*) as customer_count, count(offer_id) as offer_count
from offers.decision
group by group_name, reason
order by group_name, reason

-- name: choice
-- One row: the customers who are chosen by value, and how many of them get an offer.
select count(*) as customer_count, count(offer_id) as given_count
from offers.decision
where group_name = 'choose'
