-- offers.contact: one row per offer with which a customer was contacted before tonight's offers, by us or in a wave run elsewhere.
with contacts as (
    -- What its channel refused, or what bounced, reached nobody.
    select sent.customer_id, sent.contact_id, sent.contact_on, sent.channel, sent.offer_id, sent.valid_until
    from offers.sent_offer as sent
    left join offers.contact_answer as answers on sent.offer_key = answers.offer_key
    where not coalesce(answers.has_failed, false)
),
templates as (
    select distinct template_id from offers.catalogue
),
offered as (
    select distinct offer_id from contacts
),
named as (
    -- An offer is called after its template; where two names fit, the longer one is its own.
    select offered.offer_id, arg_max(templates.template_id, length(templates.template_id)) as template_id
    from offered
    inner join templates
        on offered.offer_id = templates.template_id or starts_with(offered.offer_id, templates.template_id || '-')
    group by offered.offer_id
)
select
    contacts.customer_id,
    contacts.contact_id,
    contacts.contact_on,
    contacts.channel,
    contacts.offer_id,
    named.template_id,
    contacts.valid_until
from contacts
left join named on contacts.offer_id = named.offer_id
order by contacts.customer_id, contacts.contact_on, contacts.contact_id
