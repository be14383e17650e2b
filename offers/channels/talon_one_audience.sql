-- One row per customer with an offer tonight, whatever the block was told before: an audience is replaced as a whole.
select distinct customer_id as profileintegrationid
from channel_told
where offer_status = $offer_status
order by profileintegrationid
