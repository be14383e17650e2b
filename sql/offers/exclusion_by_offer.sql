-- offers.exclusion_by_offer: one row per eligible customer and offer that nobody may get tonight.
with customers as (
    select * from offers.eligible_customer
),
catalogue as (
    select * from offers.catalogue
),
verdicts as (
    select
        offer_id,
        'not_valid' as rule,
        'counts from ' || valid_from || ' to ' || valid_until || ', tonight''s offers begin on '
            || ($business_date + 1) as reason
    from catalogue
    where $business_date + 1 not between valid_from and valid_until
    union all
    select offer_id, 'below_cost', below_cost_reason
    from catalogue
    where below_cost_reason is not null
)
select
    customers.customer_id,
    verdicts.offer_id,
    verdicts.rule,
    verdicts.reason
from customers
cross join verdicts
order by customers.customer_id, verdicts.offer_id, verdicts.rule
