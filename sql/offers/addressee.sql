-- offers.addressee: one row per person, with the newest address of each kind that can be written to.
with writable as (
    select
        contacts.customer_id,
        contacts.record_id,
        contacts.kind,
        contacts.updated_at,
        case contacts.kind when 'email' then contacts.value_normalised else numbers.phone end as address
    from core.contact as contacts
    left join offers.phone_number as numbers on case contacts.kind when 'phone' then contacts.value end = numbers.value
),
addresses as (
    select
        customer_id,
        kind,
        address,
        -- The list goes out under the leading record: its own address comes before those of the others.
        row_number() over (
            partition by customer_id, kind
            order by record_id = customer_id desc, updated_at desc nulls last, address
        ) as place
    from writable
    where address is not null and (kind = 'phone' or regexp_matches(address, '^[^@\s]+@[^@\s]+$'))
),
chosen as (
    select
        customer_id,
        max(case when kind = 'email' then address end) as email,
        max(case when kind = 'phone' then address end) as phone
    from addresses
    where place = 1
    group by customer_id
)
select
    customers.customer_id,
    chosen.email,
    chosen.phone,
    names.first_name,
    names.last_name,
    customers.home_store_id,
    customers.language
from core.customer as customers
left join chosen on customers.customer_id = chosen.customer_id
left join core.contact_name as names on customers.customer_id = names.customer_id
order by customers.customer_id
