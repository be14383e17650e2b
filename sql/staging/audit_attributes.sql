-- staging.audit_attributes: one row per customer record and attribute by which offers are audited, as its latest delivery says.
with delivered as (
    -- The first load says nothing of arrival: it counts as known from the beginning.
    select
        *,
        case when _is_history then cast('0001-01-01' as date) else _delivered_on end as arrived_on
    from raw.audit_attributes
)
select
    customer_id,
    attribute,
    value,
    arrived_on
from delivered
where arrived_on <= $business_date
qualify row_number() over (partition by customer_id, attribute order by arrived_on desc, _file desc, _line desc) = 1
order by customer_id, attribute
