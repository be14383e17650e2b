-- offers.exclusion_by_ramp: one row per eligible customer and offer whose template does not reach the customer yet.
with customers as (
    select customer_id from offers.eligible_customer
),
ramp as (
    select * from offers.ramp where stage_share < 1
),
lots as (
    -- The lot names no night and no stage: whoever is among the first 1 % is among the first 5 %.
    select
        customers.customer_id,
        ramp.template_id,
        ramp.stage_share,
        ramp.reason,
        sha256(concat_ws('|', $randomisation_salt, 'ramp', ramp.template_id, customers.customer_id)) as digest
    from customers
    cross join ramp
),
outside as (
    -- 52 bits: the most that a double holds exactly.
    select * from lots where cast('0x' || left(digest, 13) as bigint) / 4503599627370496 >= stage_share
)
select
    outside.customer_id,
    catalogue.offer_id,
    'ramp' as rule,
    outside.reason
from outside
inner join offers.catalogue as catalogue on outside.template_id = catalogue.template_id
order by outside.customer_id, catalogue.offer_id
