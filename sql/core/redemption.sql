-- core.redemption: one row per offer redeemed by a person.
with redemptions as (
    select * from staging.redemptions
),
links as (
    select * from core.person_link
)
select
    redemptions.redemption_id,
    redemptions.assignment_id,
    redemptions.offer_id,
    links.customer_id,
    redemptions.order_id,
    redemptions.redeemed_at,
    redemptions.redeemed_on,
    redemptions.arrived_on,
    redemptions.discount_minor
from redemptions
inner join links on redemptions.customer_id = links.record_id
order by links.customer_id, redemptions.redeemed_at, redemptions.redemption_id
