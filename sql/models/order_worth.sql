-- models.order_worth: one row per category and product sold in the last year: margin of an order made for it, as a ratio to a usual one.
with lines as (
    select
        order_id,
        category_id,
        product_id,
        margin_minor
    from core.purchase_line
    where kind = 'sale'
        and ordered_at < $as_of
        and arrived_on <= $business_date
        and date_diff('day', ordered_on, $business_date) < 365
),
orders as (
    select order_id, sum(margin_minor) as margin_minor
    from lines
    group by order_id
),
targets as (
    select distinct order_id, 'category' as target_kind, category_id as target_id
    from lines
    where category_id is not null
    union all
    select distinct order_id, 'product' as target_kind, product_id as target_id
    from lines
    where product_id is not null
),
-- An order is made for one thing, each in it as likely as the next; large baskets hold everything more often.
reasons as (
    select
        *,
        cast(1.0 / count(*) over (partition by order_id, target_kind) as decimal(18, 15)) as chance
    from targets
),
sums as (
    select
        reasons.target_kind,
        reasons.target_id,
        count(*) as order_count,
        cast(sum(reasons.chance) as double) as made_for,
        cast(sum(cast(reasons.chance * orders.margin_minor as decimal(28, 9))) as double) as margin_minor
    from reasons
    inner join orders on reasons.order_id = orders.order_id
    group by reasons.target_kind, reasons.target_id
),
usual as (
    select cast(avg(margin_minor) as double) as margin_minor
    from orders
)
select
    sums.target_kind,
    sums.target_id,
    sums.order_count,
    -- A few orders tell little: the worth leans on thirty usual ones.
    least(greatest(
        (sums.margin_minor + 30 * usual.margin_minor) / (sums.made_for + 30) / usual.margin_minor, 0.25
    ), 4.0) as worth
from sums
cross join usual
where usual.margin_minor > 0
order by sums.target_kind, sums.target_id
