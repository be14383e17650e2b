-- core.offer_assignment: one row per offer assigned to a person in a past wave, control rows included.
with assignments as (
    select * from staging.offer_assignments
),
links as (
    select * from core.person_link
)
select
    assignments.assignment_id,
    links.customer_id,
    assignments.campaign_id,
    assignments.wave_id,
    assignments.arm,
    assignments.offer_id,
    assignments.channel,
    assignments.propensity,
    assignments.is_randomised,
    assignments.assigned_at,
    assignments.assigned_on,
    assignments.arrived_on,
    assignments.valid_from,
    assignments.valid_until
from assignments
inner join links on assignments.customer_id = links.record_id
order by links.customer_id, assignments.assigned_at, assignments.assignment_id
