-- staging.suppressions: one row per suppressed address or record, as its latest delivery up to the business date says.
with delivered as (
    -- The first load says nothing of arrival: it counts as known from the beginning.
    select
        *,
        case when _is_history then cast('0001-01-01' as date) else _delivered_on end as arrived_on
    from raw.suppressions
)
select
    coalesce(lower(trim(kind)), '') as kind,
    value,
    coalesce(lower(trim(reason)), '') as reason,
    suppressed_at,
    lifted_at,
    arrived_on
from delivered
where arrived_on <= $business_date
qualify row_number() over (
    partition by coalesce(lower(trim(kind)), ''), value
    -- In one delivery, what holds comes before what is lifted.
    order by arrived_on desc, lifted_at desc nulls first, _file desc, _line desc
) = 1
order by kind, value
