-- offers.watched_key: one row per customer and address key whose suppression silences the customer.
with own as (
    select distinct customer_id, key from offers.address_key
),
shared as (
    -- What more people share is a shop's address or a typing habit: it silences whoever has it, not their other addresses.
    select key
    from own
    group by key
    having count(*) between 2 and $last_check_household_people_max
),
households as (
    select distinct own.customer_id, others.customer_id as member_id
    from own
    inner join shared on own.key = shared.key
    inner join own as others on own.key = others.key and own.customer_id <> others.customer_id
),
watched as (
    select customer_id, key, true as is_own from own
    union all
    select households.customer_id, own.key, false
    from households
    inner join own on households.member_id = own.customer_id
)
select
    customer_id,
    key,
    bool_or(is_own) as is_own
from watched
group by customer_id, key
order by customer_id, key
