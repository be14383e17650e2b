-- offers.eligible_pair: one row per eligible customer and offer that no lasting rule forbids, also of customers who are not open tonight.
with customers as (
    select * from offers.eligible_customer
),
excluded as (
    select * from offers.exclusion_of_offer
),
offer_channels as (
    select
        offer_id,
        unnest(string_split(channels, ',')) as channel,
        generate_subscripts(string_split(channels, ','), 1) as preference
    from offers.catalogue
),
channels as (
    select permissions.customer_id, offer_channels.offer_id, arg_min(offer_channels.channel, offer_channels.preference) as channel
    from offers.open_channel as permissions
    inner join offer_channels on permissions.channel = offer_channels.channel
    where permissions.is_open
    group by permissions.customer_id, offer_channels.offer_id
),
interests as (
    select * from offers.target_interest where target_rank <= $candidates_targets_per_person
)
select
    customers.customer_id,
    catalogue.offer_id,
    customers.is_open,
    catalogue.campaign_id,
    channels.channel,
    coalesce(interests.target_reason, 'basket') as target_reason,
    coalesce(interests.reason_detail, 'counts for the whole basket') as reason_detail
from customers
cross join offers.catalogue as catalogue
anti join excluded on customers.customer_id = excluded.customer_id and catalogue.offer_id = excluded.offer_id
inner join channels on customers.customer_id = channels.customer_id and catalogue.offer_id = channels.offer_id
left join interests
    on customers.customer_id = interests.customer_id
    and catalogue.target_kind = interests.target_kind
    and catalogue.target_id = interests.target_id
order by customers.customer_id, catalogue.offer_id
