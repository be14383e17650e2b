-- outcomes.audit_attribute: one row per customer registered before as_of and attribute by which offers are audited.
with told as (
    select
        links.customer_id,
        told.attribute,
        told.value
    from staging.audit_attributes as told
    inner join core.person_link as links on told.customer_id = links.record_id
    -- Of several records of a person the leading one says it.
    qualify row_number() over (
        partition by links.customer_id, told.attribute
        order by links.record_id <> links.customer_id, told.arrived_on desc, links.record_id
    ) = 1
),
attributes as (
    select distinct attribute from told
)
select
    customers.customer_id,
    attributes.attribute,
    coalesce(told.value, 'unknown') as value
from core.customer as customers
cross join attributes
left join told on customers.customer_id = told.customer_id and attributes.attribute = told.attribute
where customers.registered_at < $as_of
order by customers.customer_id, attributes.attribute
