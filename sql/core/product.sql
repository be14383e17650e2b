-- core.product: one row per product.
select
    product_id,
    product_name,
    category_id,
    category_name,
    brand,
    list_price_minor,
    cost_minor,
    coalesce(is_age_restricted, false) as is_age_restricted
from staging.products
order by product_id
