-- core.contact: one row per address of a customer record, under the person it belongs to.
with contacts as (
    select * from staging.contacts
),
links as (
    select * from core.person_link
)
select
    links.customer_id,
    contacts.customer_id as record_id,
    contacts.kind,
    contacts.value,
    contacts.value_normalised,
    contacts.updated_at
from contacts
inner join links on contacts.customer_id = links.record_id
order by links.customer_id, record_id, contacts.kind, contacts.value
