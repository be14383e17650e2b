-- core.category: one row per product category, under the name most of its products give it.
with names as (
    select
        category_id,
        category_name,
        count(*) as name_count
    from core.product
    group by category_id, category_name
)
select
    category_id,
    category_name,
    cast(sum(name_count) over (partition by category_id) as bigint) as product_count
from names
qualify row_number() over (partition by category_id order by name_count desc, category_name) = 1
order by category_id
