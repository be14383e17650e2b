-- One row per customer: fields of the contact. The contact is found by the shop's id: no address leaves.
select
    customer_id as customer_key,
    offer_status,
    offer_key,
    offer_text,
    price_notice as offer_price_notice,
    how_to_use as offer_how_to_use,
    terms as offer_terms,
    terms_url as offer_terms_url,
    coalesce(value_minor, 0) as offer_value,
    valid_from as offer_valid_from,
    valid_until as offer_valid_until,
    code as offer_code
from channel_message
where offer_status = $offer_status
order by customer_key
