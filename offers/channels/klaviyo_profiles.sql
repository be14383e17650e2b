-- One row per customer: a profile's properties. The profile is found by the shop's id: no address leaves.
select
    customer_id as "attributes.external_id",
    offer_status as "attributes.properties.offer_status",
    offer_key as "attributes.properties.offer_key",
    offer_text as "attributes.properties.offer_text",
    price_notice as "attributes.properties.offer_price_notice",
    how_to_use as "attributes.properties.offer_how_to_use",
    terms as "attributes.properties.offer_terms",
    terms_url as "attributes.properties.offer_terms_url",
    value_minor as "attributes.properties.offer_value",
    $shop_currency as "attributes.properties.offer_currency",
    valid_from as "attributes.properties.offer_valid_from",
    valid_until as "attributes.properties.offer_valid_until",
    code as "attributes.properties.offer_code",
    wave_id as "attributes.properties.offer_wave"
from channel_message
where offer_status = $offer_status
order by "attributes.external_id"
