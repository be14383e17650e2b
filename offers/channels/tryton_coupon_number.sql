-- One row per message with a code: a number of the coupon of the offer's promotion.
select
    code as number,
    offer_id as coupon,
    valid_from as start_date,
    valid_until as end_date
from channel_message
where offer_status = $offer_status and code is not null
order by number
