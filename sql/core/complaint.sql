-- core.complaint: one row per complaint of a person, whichever of their records made it.
with complaints as (
    select * from staging.complaints
),
links as (
    select * from core.person_link
)
select
    complaints.complaint_id,
    links.customer_id,
    complaints.opened_at,
    complaints.opened_on,
    complaints.closed_at,
    complaints.closed_on,
    complaints.topic,
    complaints.arrived_on
from complaints
inner join links on complaints.customer_id = links.record_id
order by links.customer_id, complaints.opened_at, complaints.complaint_id
