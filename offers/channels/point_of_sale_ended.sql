-- One row per code that tills must refuse from now on.
select
    code,
    offer_status as status,
    valid_until
from channel_message
where offer_status = $offer_status and code is not null
order by code
