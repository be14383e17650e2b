-- offers.target_companion: one row per customer and target not bought in the last year that goes with a category the customer bought in it.
with categories as (
    select customer_id, category_id, day_count_365_days
    from features.customer_category
    where day_count_365_days > 0
),
found as (
    select
        categories.customer_id,
        associations.target_kind,
        associations.target_id,
        associations.counted,
        associations.lift,
        categories.category_id,
        categories.day_count_365_days
    from categories
    inner join offers.target_association as associations on categories.category_id = associations.category_id
    left join offers.target_purchase as purchases
        on categories.customer_id = purchases.customer_id
        and associations.target_kind = purchases.target_kind
        and associations.target_id = purchases.target_id
    -- What lies in the same basket says more than what the same people buy some day, and may have been bought before.
    where purchases.customer_id is null or (associations.counted = 'basket' and purchases.days_since_order >= 365)
)
select
    customer_id,
    target_kind,
    target_id,
    counted,
    lift,
    category_id,
    day_count_365_days
from found
qualify row_number() over (
    partition by customer_id, target_kind, target_id
    order by counted, lift desc, category_id
) = 1
order by customer_id, target_kind, target_id
