-- One row per message: a row of the data extension. The subscriber is found by the shop's id: no address leaves.
select
    offer_key,
    customer_id as "SubscriberKey",
    offer_status,
    coalesce(channel, 'none') as channel,
    coalesce(language, 'none') as language,
    coalesce(offer_text, 'none') as offer_text,
    coalesce(price_notice, 'none') as price_notice,
    coalesce(how_to_use, 'none') as how_to_use,
    coalesce(terms, 'none') as terms,
    coalesce(terms_url, 'none') as terms_url,
    coalesce(value_minor, 0) as value_amount,
    $shop_currency as currency,
    valid_from,
    valid_until,
    coalesce(code, 'none') as code,
    campaign_id,
    wave_id
from channel_message
where offer_status = $offer_status
order by offer_key
