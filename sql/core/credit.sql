-- core.credit: one row per reward credited to a person, also of one that was taken back.
with credits as (
    select * from staging.credits where reverses is null
),
links as (
    select * from core.person_link
),
reversals as (
    select * from core.credit_reversal where reason is null
)
select
    credits.credit_id,
    credits.assignment_id,
    credits.offer_id,
    links.customer_id,
    credits.kind,
    credits.points,
    credits.amount_minor,
    credits.credited_at,
    credits.credited_on,
    reversals.reversed_on,
    reversals.reversal_reason,
    credits.arrived_on
from credits
inner join links on credits.customer_id = links.record_id
left join reversals on credits.credit_id = reversals.reverses
order by links.customer_id, credits.credited_at, credits.credit_id
