-- outcomes.kpi_share: one row per key figure that is a share, and group: how many of how many.
with orders as (
    select customer_id from core.purchase
    where
        not is_return
        and ordered_at < $as_of
        and arrived_on <= $business_date
        and date_diff('day', ordered_on, $business_date) < $models_horizon_days
),
used as (
    select customer_id, offer_id, redeemed_on from core.redemption
    where redeemed_at < $as_of and arrived_on <= $business_date
),
withdrawn as (
    select distinct reservation_id from offers.ledger_entry
    where redemption_id is null and business_date <= $business_date and (kind = 'reverse' or reason = 'withdrawn')
),
-- Promises whose last day, and the days on which their redemptions may still arrive, have passed.
ended as (
    select
        promises.reservation_id,
        promises.campaign_id,
        bool_or(used.customer_id is not null) as is_redeemed
    from offers.reservation as promises
    anti join withdrawn on promises.reservation_id = withdrawn.reservation_id
    left join used
        on
            promises.customer_id = used.customer_id
            and promises.offer_id = used.offer_id
            and used.redeemed_on between promises.valid_from and promises.valid_until
    where
        date_diff('day', promises.valid_until, $business_date) > $ledger_grace_days
        and date_diff('day', promises.valid_until, $business_date) <= $models_evidence_days
    group by promises.reservation_id, promises.campaign_id
),
contacts as (
    select
        customer_id,
        offer_id,
        contact_on,
        valid_until,
        count(*) over (
            partition by customer_id
            order by contact_on
            range between interval 91 days preceding and interval 1 day preceding
        ) as contacts_before
    from offers.contact
),
answered as (
    select
        contacts.customer_id,
        contacts.offer_id,
        contacts.contact_on,
        contacts.contacts_before,
        bool_or(used.customer_id is not null) as is_redeemed
    from contacts
    left join used
        on
            contacts.customer_id = used.customer_id
            and contacts.offer_id = used.offer_id
            and used.redeemed_on between contacts.contact_on and contacts.valid_until
    where
        contacts.valid_until < $business_date
        and date_diff('day', contacts.contact_on, $business_date) <= $models_evidence_days
    group by contacts.customer_id, contacts.offer_id, contacts.contact_on, contacts.contacts_before
),
customers as (
    select customers.customer_id, unprofitable.segment as unprofitable, inert.segment as inert
    from core.customer as customers
    left join segments.unprofitable as unprofitable on customers.customer_id = unprofitable.customer_id
    left join segments.inert as inert on customers.customer_id = inert.customer_id
    where customers.registered_at < $as_of
),
shares as (
    select 'registration_rate' as kpi, 'all' as group_name, count(customer_id) as hit_count, count(*) as base_count
    from orders
    union all
    select 'breakage', 'all', count(*) filter (where not is_redeemed), count(*) from ended
    union all
    select 'breakage', campaign_id, count(*) filter (where not is_redeemed), count(*)
    from ended
    group by campaign_id
    union all
    select
        'fatigue',
        case when contacts_before >= 4 then '4 or more' else cast(contacts_before as varchar) end,
        count(*) filter (where is_redeemed),
        count(*)
    from answered
    group by 2
    union all
    select 'unprofitable_share', 'all', count(unprofitable), count(*) from customers
    union all
    select 'inert_share', 'all', count(inert), count(*) from customers
)
select kpi, group_name, hit_count, base_count from shares order by kpi, group_name
