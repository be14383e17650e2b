-- One row per customer: the user's custom attributes. The user is found by the shop's id: no address leaves.
select
    customer_id as external_id,
    offer_status,
    'offer-' || offer_key as offer_key,
    case
        when offer_status = 'offered'
            then 'text-' || upper(substr(sha256(concat_ws(chr(31), wave_id, offer_id, language, case when channel = 'sms' then 'sms' end)), 1, 24))
        else 'none'
    end as offer_item,
    coalesce(value_minor, 0) as offer_value,
    $shop_currency as offer_currency,
    valid_from as offer_valid_from,
    valid_until as offer_valid_until,
    'code ' || coalesce(code, 'none') as offer_code
from channel_message
where offer_status = $offer_status
order by external_id
