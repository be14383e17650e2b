-- One row per customer with an address of their own: fields of the contact; the sentence is laid over its parts afterwards.
select
    email as "Email Address",
    offer_status as "OSTATUS",
    offer_key as "OKEY",
    coalesce(offer_text, 'none') as "OTEXT1",
    '-' as "OTEXT2",
    '-' as "OTEXT3",
    coalesce(price_notice, 'none') as "ONOTICE",
    coalesce(how_to_use, 'none') as "OUSE",
    coalesce(terms_url, 'none') as "OTERMSURL",
    coalesce(value_minor, 0) as "OVALUE",
    $shop_currency as "OCURRENCY",
    valid_from as "OFROM",
    valid_until as "OUNTIL",
    coalesce(code, 'none') as "OCODE"
from channel_message
where offer_status = $offer_status
order by "Email Address"
