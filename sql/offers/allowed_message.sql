-- offers.allowed_message: one row per message that may leave the house.
select * from offers.message
order by offer_key
