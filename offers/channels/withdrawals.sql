-- One row per promise that was taken back and would still count, with the key under which the CRM knows it.
select
    upper(substr(sha256(
        concat_ws(chr(31), cast(promised_on as varchar), campaign_id, promised_to_id, offer_id)
    ), 1, 24)) as offer_key,
    promised_to_id as customer_id
from offers.withdrawn_promise
-- Told every night until then: a list that was not imported loses nothing.
where valid_until > $business_date
order by promised_to_id, promised_on, offer_id
