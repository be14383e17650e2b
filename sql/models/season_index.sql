-- models.season_index: one row per day and category that an offer is on, and per day of the whole shop: orders of the horizon from that day, a year before, as a ratio to those of the year around it.
with lines as (
    select
        order_id,
        category_id,
        ordered_on
    from core.purchase_line
    where kind = 'sale'
        and ordered_at < $as_of
        and arrived_on <= $business_date
        and date_diff('day', ordered_on, $business_date) <= $models_evidence_days + 600
),
wanted as (
    select target_id as category_id from offers.catalogue where target_kind = 'category'
    union
    select products.category_id
    from offers.catalogue as catalogue
    inner join core.product as products on catalogue.target_id = products.product_id
    where catalogue.target_kind = 'product'
),
orders as (
    select distinct 'basket' as target_kind, 'all' as target_id, order_id, ordered_on from lines
    union all
    select distinct 'category' as target_kind, lines.category_id as target_id, lines.order_id, lines.ordered_on
    from lines
    inner join wanted on lines.category_id = wanted.category_id
),
counts as (
    select target_kind, target_id, ordered_on, count(*) as order_count
    from orders
    group by target_kind, target_id, ordered_on
),
days as (
    -- What was not sold yet had no season: every target from its own first order on.
    select target_kind, target_id, cast(unnest(every_day) as date) as ordered_on
    from (
        select
            target_kind,
            target_id,
            generate_series(min(ordered_on), $business_date, interval 1 day) as every_day
        from counts
        group by target_kind, target_id
    )
),
sums as (
    -- 52 weeks later the days of the week are the same.
    select
        days.target_kind,
        days.target_id,
        days.ordered_on + 364 as day,
        count(*) over around as day_count,
        sum(coalesce(counts.order_count, 0)) over ahead as ahead_count,
        sum(coalesce(counts.order_count, 0)) over season as season_count,
        sum(coalesce(counts.order_count, 0)) over around as year_count
    from days
    left join counts
        on days.target_kind = counts.target_kind
        and days.target_id = counts.target_id
        and days.ordered_on = counts.ordered_on
    window
        ahead as (
            partition by days.target_kind, days.target_id
            order by days.ordered_on
            rows between current row and $models_horizon_days - 1 following
        ),
        season as (
            partition by days.target_kind, days.target_id
            order by days.ordered_on
            rows between 28 preceding and $models_horizon_days + 27 following
        ),
        around as (
            partition by days.target_kind, days.target_id
            order by days.ordered_on
            rows between 182 - $models_horizon_days // 2 preceding and 181 + $models_horizon_days // 2 following
        )
),
known as (
    -- Ratio to the moving average of a year: growth of the shop is no season.
    select
        target_kind,
        target_id,
        day,
        cast(ahead_count as bigint) as order_count,
        year_count / 364.0 as daily_count,
        ahead_count / ($models_horizon_days * nullif(daily_count, 0)) as ahead_ratio,
        season_count / (($models_horizon_days + 56) * nullif(daily_count, 0)) as season_ratio
    from sums
    where day_count = 364
        and day <= $business_date
        and date_diff('day', day, $business_date) <= $models_evidence_days
),
shop as (
    -- Seasons differ by a quarter, give or take: with few orders the index is drawn to 1.
    select
        *,
        pow(0.25, 2) / (pow(0.25, 2) + 1 / ($models_horizon_days * daily_count)) as shop_trust,
        1 + shop_trust * (ahead_ratio - 1) as season_index
    from known
    where target_kind = 'basket' and daily_count > 0
),
categories as (
    -- What was on the shelf promotion a year ago is no season: a category is looked at for four weeks more on both
    -- sides, beside the shop, and promotions are still taken to move it by a tenth.
    select
        known.target_kind,
        known.target_id,
        known.day,
        known.order_count,
        pow(0.25, 2)
        / (pow(0.25, 2) + pow(0.1, 2) + 1 / (($models_horizon_days + 56) * known.daily_count)) as category_trust,
        shop.season_index * (1 + category_trust * (known.season_ratio / shop.season_ratio - 1)) as season_index
    from known
    inner join shop on known.day = shop.day
    where known.target_kind = 'category' and known.daily_count > 0 and shop.season_ratio > 0
),
indices as (
    select target_kind, target_id, day, order_count, season_index from shop
    union all
    select target_kind, target_id, day, order_count, season_index from categories
)
select
    target_kind,
    target_id,
    day,
    order_count,
    cast(least(greatest(season_index, 1 / 3.0), 3.0) as double) as season_index
from indices
