-- offers.campaign_control: one row per customer and campaign from which the customer is held back by lot.
with customers as (
    select * from core.customer where registered_at < $as_of
),
campaigns as (
    select distinct campaign_id from offers.catalogue where $business_date + 1 between valid_from and valid_until
),
lots as (
    -- The lot does not name the night: who is held back from a campaign stays so as long as it runs.
    select
        customers.customer_id,
        campaigns.campaign_id,
        sha256(concat_ws('|', $randomisation_salt, 'control', campaigns.campaign_id, customers.customer_id)) as digest
    from customers
    cross join campaigns
),
units as (
    -- 52 bits: the most that a double holds exactly.
    select *, cast('0x' || left(digest, 13) as bigint) / 4503599627370496 as unit from lots
)
select
    customer_id,
    campaign_id,
    unit
from units
where unit < $randomisation_campaign_control_share
order by customer_id, campaign_id
