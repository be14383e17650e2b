-- offers.contact: one row per offer with which a customer was contacted before tonight's offers, by us or in a wave run elsewhere.
with decided as (
    -- A night's offers go out on the morning after it: that is the day of the contact.
    select customer_id, wave_id, business_date + 1 as contact_on, channel, offer_id, valid_until
    from offers.decision_history
    where business_date < $business_date and offer_id is not null
),
assigned as (
    select assignments.customer_id, assignments.assigned_on as contact_on, assignments.channel, assignments.offer_id,
        assignments.valid_until, assignments.assignment_id, assignments.wave_id
    from core.offer_assignment as assignments
    -- Our own waves come back in the shop's log: what we decided stands.
    anti join decided on assignments.customer_id = decided.customer_id and assignments.wave_id = decided.wave_id
    where
        assignments.assigned_at < $as_of
        and assignments.arrived_on <= $business_date
        and assignments.offer_id is not null
),
contacts as (
    select customer_id, 'own:' || wave_id as contact_id, contact_on, channel, offer_id, valid_until from decided
    union all
    select customer_id, 'other:' || assignment_id, contact_on, channel, offer_id, valid_until from assigned
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
