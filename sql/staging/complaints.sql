-- staging.complaints: one row per complaint, as its latest delivery up to the business date says.
with delivered as (
    -- The first load says nothing of arrival: it counts as known from the beginning.
    select
        *,
        case when _is_history then cast('0001-01-01' as date) else _delivered_on end as arrived_on
    from raw.complaints
),
latest as (
    select *
    from delivered
    where arrived_on <= $business_date
    qualify row_number() over (partition by complaint_id order by arrived_on desc, _file desc, _line desc) = 1
)
select
    complaint_id,
    customer_id,
    opened_at,
    cast((opened_at at time zone 'UTC') at time zone $shop_time_zone as date) as opened_on,
    closed_at,
    cast((closed_at at time zone 'UTC') at time zone $shop_time_zone as date) as closed_on,
    topic,
    arrived_on
from latest
order by complaint_id
