-- segments.strategic: one row per customer on the strategic list on the business date.
select
    strategic.customer_id,
    'strategic' as segment,
    strategic.owner,
    strategic.expires_on,
    'On the strategic list of ' || strategic.owner || ' until ' || cast(strategic.expires_on as varchar)
    || case when strategic.reason is null then '.' else ': ' || strategic.reason end as reason
from core.strategic_customer as strategic
inner join features.customer_tenure as customers on strategic.customer_id = customers.customer_id
where strategic.expires_on >= $business_date
