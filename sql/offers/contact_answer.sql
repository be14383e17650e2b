-- offers.contact_answer: one row per sent offer about which its channel answered, with the first moment of each answer.
with receipts as (
    select * from core.receipt where occurred_at < $as_of and arrived_on <= $business_date
),
names as (
    -- A channel calls an offer by the key in our list or by its number in the shop's log.
    select customer_id, offer_key, offer_key as name from offers.sent_offer
    union
    select customer_id, offer_key, assignment_id from offers.sent_offer where assignment_id is not null
),
answers as (
    select
        names.offer_key,
        any_value(names.customer_id) as customer_id,
        min(case when receipts.status = 'accepted' then receipts.occurred_at end) as accepted_at,
        min(case when receipts.status = 'rejected' then receipts.occurred_at end) as rejected_at,
        min(case when receipts.status = 'delivered' then receipts.occurred_at end) as delivered_at,
        min(case when receipts.status = 'bounced' then receipts.occurred_at end) as bounced_at,
        min(case when receipts.status = 'opened' then receipts.occurred_at end) as opened_at,
        min(case when receipts.status = 'clicked' then receipts.occurred_at end) as clicked_at,
        arg_max(
            receipts.reason,
            case when receipts.status in ('rejected', 'bounced') then concat(receipts.occurred_at, receipts.receipt_id) end
        ) as failure_reason
    from names
    inner join receipts on names.customer_id = receipts.customer_id and names.name = receipts.assignment_id
    group by names.offer_key
)
select
    *,
    -- A bounce may follow a delivery; who opened it has it.
    coalesce(rejected_at, bounced_at) is not null
        and coalesce(opened_at, clicked_at) is null
        and (delivered_at is null or coalesce(bounced_at > delivered_at, false)) as has_failed
from answers
order by offer_key
