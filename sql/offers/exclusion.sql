-- offers.exclusion: one row per reason why a customer does not get an offer.
with customer_rules as (
    select customer_id, cast(null as varchar) as offer_id, rule, reason from offers.exclusion_of_customer
),
offer_rules as (
    -- Who is kept from every offer anyway has that reason alone.
    select exclusions.customer_id, exclusions.offer_id, exclusions.rule, exclusions.reason
    from offers.exclusion_of_offer as exclusions
    semi join (select customer_id from offers.eligible_customer where is_open) as customers
        on exclusions.customer_id = customers.customer_id
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
