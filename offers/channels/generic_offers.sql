-- One row per message, with the person's address, in the order of the customers.
select
    offer_key,
    customer_id,
    email,
    phone,
    first_name,
    last_name,
    coalesce(language, 'none') as language,
    offer_status,
    coalesce(channel, 'none') as channel,
    campaign_id,
    wave_id,
    offer_id,
    coalesce(offer_text, 'none') as offer_text,
    coalesce(price_notice, 'none') as price_notice,
    coalesce(how_to_use, 'none') as how_to_use,
    coalesce(terms, 'none') as terms,
    coalesce(terms_url, 'none') as terms_url,
    coalesce(value_minor, 0) as value_amount,
    $shop_currency as currency,
    valid_from,
    valid_until,
    coalesce(code, 'none') as code
from channel_message
where offer_status = $offer_status
order by customer_id, offer_key
