-- One row per customer with an offer tonight, in the order of the CRM list.
with decisions as (
    select * from offers.decision
),
messages as (
    select * from offers.allowed_message where offer_status = 'offered' and promised_on = $business_date
)
select
    messages.offer_key,
    decisions.customer_id,
    decisions.campaign_id,
    decisions.wave_id,
    decisions.offer_id,
    messages.offer_status,
    decisions.channel,
    messages.language,
    messages.offer_text,
    messages.price_notice,
    messages.how_to_use,
    messages.terms,
    messages.terms_url,
    catalogue.customer_value_minor,
    decisions.valid_from,
    decisions.valid_until,
    decisions.code,
    decisions.value_minor,
    decisions.cost_minor,
    decisions.worst_cost_minor
from decisions
inner join messages on decisions.customer_id = messages.customer_id and decisions.offer_id = messages.offer_id
inner join offers.catalogue as catalogue on decisions.offer_id = catalogue.offer_id
order by decisions.customer_id, decisions.campaign_id, decisions.offer_id
