-- outcomes.returned_redemption: one row per redemption whose goods all came back, so that nothing is owed for it any more.
with redemptions as (
    select * from core.redemption where redeemed_at < $as_of and arrived_on <= $business_date
),
lines as (
    select * from core.purchase_line where ordered_at < $as_of and arrived_on <= $business_date
),
goods as (
    -- Of an offer on a category or a product only that counts; of one that is gone from the catalogue everything.
    select
        redemptions.redemption_id,
        redemptions.customer_id,
        lines.product_id,
        lines.ordered_at,
        lines.ordered_on,
        sum(lines.quantity) as quantity
    from redemptions
    inner join lines on redemptions.order_id = lines.order_id
    left join offers.catalogue as catalogue on redemptions.offer_id = catalogue.offer_id
    where
        lines.kind = 'sale'
        and case catalogue.target_kind
            when 'category' then lines.category_id = catalogue.target_id
            when 'product' then lines.product_id = catalogue.target_id
            else true
        end
    group by redemptions.redemption_id, redemptions.customer_id, lines.product_id, lines.ordered_at, lines.ordered_on
),
moves as (
    select redemption_id, product_id, ordered_at, ordered_on, quantity from goods
    union all
    -- A return names no sale: what was bought of the product since is taken to have come back first.
    select goods.redemption_id, goods.product_id, lines.ordered_at, lines.ordered_on, lines.quantity
    from goods
    inner join lines on goods.customer_id = lines.customer_id and goods.product_id = lines.product_id
    where lines.ordered_at > goods.ordered_at
),
kept as (
    select
        redemption_id,
        product_id,
        ordered_on,
        sum(quantity) over (partition by redemption_id, product_id order by ordered_at) as quantity
    from moves
),
products as (
    select redemption_id, product_id, min(case when quantity <= 0 then ordered_on end) as returned_on
    from kept
    group by redemption_id, product_id
)
select redemption_id, max(returned_on) as returned_on
from products
group by redemption_id
having count(*) = count(returned_on)
order by redemption_id
