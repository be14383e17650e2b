-- One row per code that no longer counts.
select code as value
from channel_message
where offer_status = $offer_status and code is not null
order by value
