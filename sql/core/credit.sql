-- core.credit: one row per reward credited to a person.
with credits as (
    select * from staging.credits
),
links as (
    select * from core.person_link
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
    credits.arrived_on
from credits
inner join links on credits.customer_id = links.record_id
order by links.customer_id, credits.credited_at, credits.credit_id
