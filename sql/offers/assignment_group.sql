-- offers.assignment_group: one row per customer registered before as_of.
with customers as (
    select * from core.customer where registered_at < $as_of
),
campaigns as (
    select count(distinct campaign_id) as campaign_count
    from offers.catalogue
    where $business_date + 1 between valid_from and valid_until
),
held_back as (
    select customer_id, count(*) as campaign_count from offers.campaign_control group by customer_id
),
lots as (
    -- The permanent lot names no night; tonight's lot does, so that another night explores with others.
    select
        customer_id,
        sha256(concat_ws('|', $randomisation_salt, 'global', customer_id)) as permanent,
        sha256(concat_ws('|', $randomisation_salt, 'night', $business_date, customer_id)) as tonight
    from customers
),
units as (
    select
        customer_id,
        cast('0x' || left(permanent, 13) as bigint) / 4503599627370496 as permanent,
        cast('0x' || left(tonight, 13) as bigint) / 4503599627370496 as tonight
    from lots
)
select
    units.customer_id,
    case
        when units.permanent < $randomisation_global_control_share then 'global_control'
        when held_back.campaign_count = campaigns.campaign_count then 'control'
        when units.tonight < $randomisation_exploration_share then 'explore'
        when units.tonight < $randomisation_exploration_share + $randomisation_pilot_share then 'pilot'
        else 'choose'
    end as group_name,
    case when group_name = 'global_control' then units.permanent else units.tonight end as unit
from units
cross join campaigns
left join held_back on units.customer_id = held_back.customer_id
order by units.customer_id
