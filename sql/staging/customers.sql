-- staging.customers: one row per customer record, as its latest delivery up to the business date says.
with delivered as (
    -- The first load says nothing of arrival: it counts as known from the beginning.
    select
        *,
        case when _is_history then cast('0001-01-01' as date) else _delivered_on end as arrived_on
    from raw.customers
)
select
    customer_id,
    registered_at,
    cast((registered_at at time zone 'UTC') at time zone $shop_time_zone as date) as registered_on,
    first_name,
    last_name,
    language,
    birth_date,
    home_store_id,
    status,
    tier,
    points_balance,
    arrived_on
from delivered
where arrived_on <= $business_date
qualify row_number() over (partition by customer_id order by arrived_on desc, _file desc, _line desc) = 1
order by customer_id
