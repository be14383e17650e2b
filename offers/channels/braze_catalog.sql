-- One row per offer of the night and language that somebody gets: an item of the catalog.
-- Text messages have wordings of their own (sql/offers/message.sql).
select distinct
    'text-' || upper(substr(sha256(concat_ws(chr(31), wave_id, offer_id, language, case when channel = 'sms' then 'sms' end)), 1, 24)) as id,
    language,
    offer_text,
    coalesce(price_notice, 'none') as price_notice,
    coalesce(how_to_use, 'none') as how_to_use,
    coalesce(terms, 'none') as terms,
    coalesce(terms_url, 'none') as terms_url,
    valid_from,
    valid_until
from channel_message
where offer_status = $offer_status
order by id
