-- offers.addressee: one row per person, with the newest address of each kind that can be written to.
with addresses as (
    select
        customer_id,
        kind,
        value_normalised as address,
        -- The list goes out under the leading record: its own address comes before those of the others.
        row_number() over (
            partition by customer_id, kind
            order by record_id = customer_id desc, updated_at desc nulls last, value_normalised
        ) as place
    from core.contact
    where
        (kind = 'email' and regexp_matches(value_normalised, '^[^@\s]+@[^@\s]+$'))
        or (kind = 'phone' and regexp_matches(value_normalised, '^[+][1-9][0-9]{6,14}$'))
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
