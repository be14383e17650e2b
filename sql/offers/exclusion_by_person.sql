-- offers.exclusion_by_person: one row per eligible customer, offer and rule on who the customer is.
with customers as (
    select * from offers.eligible_customer
),
catalogue as (
    select * from offers.catalogue
),
pairs as (
    select
        customers.*,
        catalogue.offer_id,
        catalogue.is_age_restricted,
        catalogue.is_web_only,
        catalogue.minimum_orders
    from customers
    cross join catalogue
),
verdicts as (
    -- 18 on the night's own date; somebody whose age we do not know is treated as a minor.
    select
        customer_id,
        offer_id,
        'minor' as rule,
        coalesce('under 18, born on ' || birth_date, 'the birth date is not known') as reason
    from pairs
    where is_age_restricted and coalesce(birth_date + interval 18 year > $business_date, true)
    union all
    select customer_id, offer_id, 'not_web_buyer', 'has never ordered on the web'
    from pairs
    where is_web_only and web_order_count = 0
    union all
    select customer_id, offer_id, 'not_enough_history', 'orders: ' || order_count || ', the offer asks for ' || minimum_orders
    from pairs
    where order_count < minimum_orders
)
select * from verdicts
order by customer_id, offer_id, rule
