-- One row per customer, their last message: the offer in fields of the contact.
select
    $option_partner_prefix || customer_id as id,
    offer_status as x_offer_status,
    offer_text as x_offer_text,
    price_notice as x_offer_price_notice,
    how_to_use as x_offer_how_to_use,
    terms as x_offer_terms,
    terms_url as x_offer_terms_url,
    value_minor as x_offer_value,
    valid_from as x_offer_valid_from,
    valid_until as x_offer_valid_until,
    code as x_offer_code
from channel_message
where offer_status = $offer_status and is_last
order by id
