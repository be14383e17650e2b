-- core.customer: one row per person, under the id of their leading record.
with records as (
    select * from staging.customers
),
links as (
    select * from core.person_link
),
persons as (
    -- Points of all records are the person's to spend.
    select
        links.customer_id,
        cast(sum(records.points_balance) as bigint) as points_balance,
        count(*) as record_count
    from links
    inner join records on links.record_id = records.customer_id
    group by links.customer_id
)
-- Everything else is what the leading record says, because that is the id the lists are sent under.
select
    persons.customer_id,
    records.registered_at,
    records.registered_on,
    records.language,
    records.birth_date,
    records.home_store_id,
    records.status,
    records.tier,
    persons.points_balance,
    persons.record_count
from persons
inner join records on persons.customer_id = records.customer_id
order by persons.customer_id
