-- offers.exclusion_by_reach: one row per eligible customer, offer and rule on reaching the customer with it.
with customers as (
    select * from offers.eligible_customer
),
catalogue as (
    select * from offers.catalogue
),
reach as (
    select
        customer_id,
        list(channel order by channel) as channels,
        coalesce(list(channel order by channel) filter (where is_open), []) as open_channels,
        string_agg(channel || ' ' || contact_count || ' of ' || limit_text, '; ' order by channel)
            filter (where not is_open) as full_text
    from offers.open_channel
    group by customer_id
),
interests as (
    select * from offers.target_interest
),
verdicts as (
    select
        customers.customer_id,
        catalogue.offer_id,
        'channel_not_reachable' as rule,
        'is told by ' || catalogue.channels || ', the customer allows ' || array_to_string(reach.channels, ',') as reason
    from customers
    inner join reach on customers.customer_id = reach.customer_id
    cross join catalogue
    where not list_has_any(string_split(catalogue.channels, ','), reach.channels)
    union all
    select customers.customer_id, catalogue.offer_id, 'channel_full', 'contacts: ' || reach.full_text
    from customers
    inner join reach on customers.customer_id = reach.customer_id
    cross join catalogue
    where
        list_has_any(string_split(catalogue.channels, ','), reach.channels)
        and not list_has_any(string_split(catalogue.channels, ','), reach.open_channels)
    union all
    select
        customers.customer_id,
        catalogue.offer_id,
        case when interests.customer_id is null then 'no_target_interest' else 'weaker_target' end,
        case
            when interests.customer_id is null
                then 'nothing speaks for the ' || catalogue.target_kind || ' ' || catalogue.target_name
            else interests.reason_detail || '; ' || (interests.target_rank - 1) || ' others have stronger reasons'
        end
    from customers
    cross join catalogue
    left join interests
        on customers.customer_id = interests.customer_id
        and catalogue.target_kind = interests.target_kind
        and catalogue.target_id = interests.target_id
    where
        catalogue.target_kind <> 'basket'
        and coalesce(interests.target_rank > $candidates_targets_per_person, true)
)
select * from verdicts
order by customer_id, offer_id, rule
