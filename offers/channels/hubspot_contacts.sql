-- One row per customer: the properties of the contact. The contact is found by the shop's id: no address leaves.
select
    customer_id as customer_key,
    offer_status,
    offer_key,
    coalesce(offer_text, 'none') as offer_text,
    coalesce(price_notice, 'none') as offer_price_notice,
    coalesce(how_to_use, 'none') as offer_how_to_use,
    coalesce(terms, 'none') as offer_terms,
    coalesce(terms_url, 'none') as offer_terms_url,
    coalesce(value_minor, 0) as offer_value,
    $shop_currency as offer_currency,
    valid_from as offer_valid_from,
    valid_until as offer_valid_until,
    coalesce(code, 'none') as offer_code,
    wave_id as offer_wave
from channel_message
where offer_status = $offer_status
order by customer_key
