-- offers.prior_price: one row per offer that states a former price, and whether prices of 30 days bear it out.
with offers as (
    select offer_id, target_id, prior_price_minor from offers.catalogue where prior_price_minor is not null
),
prices as (
    -- What somebody paid for a unit, personal discounts included: nothing lower was asked. What the offer itself took off
    -- is no former price.
    select
        offers.offer_id,
        min(lines.net_minor / lines.quantity) filter (where lines.ordered_on > $business_date - 30) as paid_minor,
        min(lines.ordered_on) as first_on
    from core.purchase_line as lines
    inner join offers on lines.product_id = offers.target_id and lines.promotion_id is distinct from offers.offer_id
    where
        lines.kind = 'sale' and lines.quantity > 0
        and lines.ordered_at < $as_of and lines.arrived_on <= $business_date
    group by offers.offer_id
),
lowest as (
    select
        offers.*,
        prices.first_on,
        -- Tonight's list price counts as well; without a sale in 30 days nobody knows what was asked.
        case
            when prices.paid_minor is not null then cast(floor(least(prices.paid_minor, products.list_price_minor)) as bigint)
        end as lowest_minor
    from offers
    left join prices on offers.offer_id = prices.offer_id
    left join core.product as products on offers.target_id = products.product_id
)
select
    offer_id,
    prior_price_minor,
    lowest_minor,
    first_on as known_since,
    coalesce(first_on <= $business_date - 30 and prior_price_minor <= lowest_minor, false) as is_borne_out
from lowest
order by offer_id
