-- offers.exclusion: one row per reason why a customer does not get an offer.
with customer_rules as (
    select customer_id, cast(null as varchar) as offer_id, rule, reason from offers.exclusion_of_customer
),
offer_rules as (
    select customer_id, offer_id, rule, reason from offers.exclusion_by_offer
    union all
    select customer_id, offer_id, rule, reason from offers.exclusion_by_person
    union all
    select customer_id, offer_id, rule, reason from offers.exclusion_by_segment
    union all
    select customer_id, offer_id, rule, reason from offers.exclusion_by_reach
    union all
    select customer_id, offer_id, rule, reason from offers.exclusion_by_contact
    union all
    select customer_id, offer_id, rule, reason from offers.exclusion_by_ramp
),
rules as (
    select * from customer_rules
    union all
    select * from offer_rules
)
select
    customer_id,
    offer_id,
    rule,
    reason,
    coalesce(offer_id, '*') as scope
from rules
order by customer_id, scope, rule
