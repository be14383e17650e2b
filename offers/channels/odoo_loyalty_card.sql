-- One row per message with a code: a card of the offer's program. The contact is found by its id: no address leaves.
select
    'offer_' || offer_key as id,
    $option_program_prefix || regexp_replace(offer_id, '[^A-Za-z0-9_-]', '_', 'g') as "program_id/id",
    $option_partner_prefix || customer_id as "partner_id/id",
    code,
    cast(offer_status = 'offered' as integer) as points,
    valid_until as expiration_date
from channel_message
where offer_status = $offer_status and code is not null
order by id
