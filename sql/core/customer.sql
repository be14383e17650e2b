-- core.customer: one row per person, under the id of their leading record.
with records as (
    select * from staging.customers
),
links as (
    select * from core.person_link
),
points as (
    -- Points of all records are the person's to spend.
    select
        links.customer_id,
        sum(records.points_balance) as points_balance
    from links
    inner join records on links.record_id = records.customer_id
    group by links.customer_id
)
-- Everything else is what the leading record says, because that is the id the lists are sent under.
select
    records.customer_id,
    records.registered_at,
    records.registered_on,
    records.language,
    records.birth_date,
    records.home_store_id,
    records.status,
    records.tier,
    cast(points.points_balance as bigint) as points_balance,
    links.record_count
from records
inner join links on records.customer_id = links.record_id and links.record_id = links.customer_id
inner join points on records.customer_id = points.customer_id
order by records.customer_id
