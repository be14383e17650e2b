-- offers.exclusion_of_offer: one row per eligible customer, offer and rule that keeps the customer from this offer.
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
order by customer_id, offer_id, rule
