-- features.customer_category: one row per customer x category with a sale line before as_of.
with category_days as (
    select
        customer_id,
        category_id,
        ordered_on,
        date_diff('day', ordered_on, $business_date) as age_days,
        max(case when kind = 'sale' then 1 else 0 end) as has_sale,
        max(case when kind = 'sale' then ordered_at end) as last_ordered_at,
        sum(case when kind = 'sale' then net_minor else 0 end) as sold_net_minor,
        sum(net_minor) as net_minor,
        sum(margin_minor) as margin_minor
    from core.purchase_line
    where
        customer_id is not null
        and category_id is not null
        and ordered_at < $as_of
        and arrived_on <= $business_date
    group by customer_id, category_id, ordered_on
),
categories as (
    select
        customer_id,
        category_id,
        cast(sum(has_sale) as bigint) as day_count,
        cast(sum(case when age_days < 365 then has_sale else 0 end) as bigint) as day_count_365_days,
        cast(sum(case when age_days < 365 then sold_net_minor else 0 end) as bigint) as sold_net_minor_365_days,
        cast(sum(case when age_days < 365 then net_minor else 0 end) as bigint) as net_minor_365_days,
        cast(sum(case when age_days < 365 then margin_minor else 0 end) as bigint) as margin_minor_365_days,
        min(case when has_sale = 1 then ordered_on end) as first_ordered_on,
        max(case when has_sale = 1 then ordered_on end) as last_ordered_on,
        max(last_ordered_at) as last_ordered_at
    from category_days
    group by customer_id, category_id
    having sum(has_sale) > 0
),
customer_days as (
    select customer_id, ordered_on, sum(net_minor) as sold_net_minor
    from core.purchase_line
    where
        customer_id is not null
        and category_id is not null
        and kind = 'sale'
        and ordered_at < $as_of
        and arrived_on <= $business_date
        and date_diff('day', ordered_on, $business_date) < 365
    group by customer_id, ordered_on
),
customers as (
    select
        customer_id,
        count(*) as day_count_365_days,
        cast(sum(sold_net_minor) as bigint) as sold_net_minor_365_days
    from customer_days
    group by customer_id
),
shop as (
    select sum(day_count_365_days) as day_count_365_days from customers
),
shop_categories as (
    select category_id, sum(day_count_365_days) as day_count_365_days from categories group by category_id
)
select
    categories.customer_id,
    categories.category_id,
    categories.day_count,
    categories.day_count_365_days,
    categories.net_minor_365_days,
    categories.margin_minor_365_days,
    categories.sold_net_minor_365_days,
    categories.sold_net_minor_365_days / nullif(customers.sold_net_minor_365_days, 0) as net_share_365_days,
    categories.day_count_365_days / customers.day_count_365_days as day_share_365_days,
    -- The customer's share of purchase days with this category over the shop's, as if five average days were added.
    (
        categories.day_count_365_days
        + 5 * (shop_categories.day_count_365_days / nullif(shop.day_count_365_days, 0))
    ) / (
        (coalesce(customers.day_count_365_days, 0) + 5)
        * (nullif(shop_categories.day_count_365_days, 0) / nullif(shop.day_count_365_days, 0))
    ) as lift_365_days,
    date_diff('day', categories.last_ordered_on, $business_date) as days_since_order,
    categories.day_count - 1 as gap_count,
    date_diff('day', categories.first_ordered_on, categories.last_ordered_on) / nullif(categories.day_count - 1, 0)
        as gap_days_mean,
    date_diff('day', categories.last_ordered_on, $business_date) * (categories.day_count - 1)
        / nullif(date_diff('day', categories.first_ordered_on, categories.last_ordered_on), 0) as due_ratio,
    categories.last_ordered_at
from categories
left join customers on categories.customer_id = customers.customer_id
inner join shop_categories on categories.category_id = shop_categories.category_id
cross join shop
