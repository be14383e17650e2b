-- core.receipt: one row per answer of a channel about an offer sent to a person.
with receipts as (
    select * from staging.receipts
),
links as (
    select * from core.person_link
)
select
    receipts.receipt_id,
    receipts.assignment_id,
    links.customer_id,
    receipts.channel,
    receipts.status,
    receipts.occurred_at,
    receipts.occurred_on,
    receipts.arrived_on,
    receipts.reason
from receipts
inner join links on receipts.customer_id = links.record_id
order by links.customer_id, receipts.occurred_at, receipts.receipt_id
