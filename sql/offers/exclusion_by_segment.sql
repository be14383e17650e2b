-- offers.exclusion_by_segment: one row per eligible customer, offer and rule on the customer's segments.
with customers as (
    select * from offers.eligible_customer
),
catalogue as (
    select * from offers.catalogue
),
memberships as (
    select * from segments.membership
),
required as (
    select offer_id, unnest(string_split(required_segments, ',')) as segment
    from catalogue
    where required_segments <> ''
),
fitting as (
    select distinct memberships.customer_id, required.offer_id
    from memberships
    inner join required on memberships.segment = required.segment
),
verdicts as (
    select memberships.customer_id, catalogue.offer_id, 'inert' as rule, memberships.reason
    from memberships
    cross join catalogue
    where memberships.segment = 'inert' and catalogue.is_price_cut
    union all
    select customers.customer_id, catalogue.offer_id, 'segment_missing', 'only for ' || catalogue.required_segments
    from customers
    cross join catalogue
    where catalogue.required_segments <> ''
        and (customers.customer_id, catalogue.offer_id) not in (select (customer_id, offer_id) from fitting)
    union all
    select
        memberships.customer_id,
        catalogue.offer_id,
        'segment_excluded',
        'not for ' || string_agg(distinct memberships.segment, ', ' order by memberships.segment)
    from memberships
    inner join catalogue on list_contains(string_split(catalogue.excluded_segments, ','), memberships.segment)
    group by memberships.customer_id, catalogue.offer_id
)
select verdicts.*
from verdicts
semi join customers on verdicts.customer_id = customers.customer_id
order by verdicts.customer_id, verdicts.offer_id, verdicts.rule
