-- core.visitor_link: one row per moment at which a visitor was recognised as a person.
with sightings as (
    select * from staging.identity_links
),
links as (
    select * from core.person_link
)
select
    sightings.visitor_id,
    links.customer_id,
    sightings.linked_at,
    min(sightings.arrived_on) as arrived_on
from sightings
inner join links on sightings.customer_id = links.record_id
-- Two records of one person can be seen in the same moment.
group by sightings.visitor_id, links.customer_id, sightings.linked_at
order by sightings.visitor_id, sightings.linked_at, links.customer_id
