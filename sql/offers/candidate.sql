-- offers.candidate: one row per customer and offer that no rule forbids.
select * exclude (is_open) from offers.eligible_pair
where is_open
order by customer_id, offer_id
