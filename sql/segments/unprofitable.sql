-- segments.unprofitable: one row per customer who, very probably, costs more per receipt than they bring.
with customers as (
    select
        contributions.*,
        prior.mean_minor,
        prior.variance_between,
        -- A customer's own mean counts by its number of receipts, the shop's mean by how alike customers are.
        prior.variance_between
        / nullif(prior.variance_between + prior.variance_within / contributions.receipt_count_365_days, 0) as own_share
    from features.customer_contribution as contributions
    cross join segments.contribution_prior as prior
),
posteriors as (
    select
        *,
        mean_minor + own_share * (contribution_minor_365_days / receipt_count_365_days - mean_minor)
            as shrunk_contribution_minor,
        sqrt(variance_between * (1 - own_share)) as shrunk_deviation_minor
    from customers
),
scaled as (
    select *, -shrunk_contribution_minor / nullif(shrunk_deviation_minor, 0) as z from posteriors
),
-- The normal distribution function by Abramowitz & Stegun 7.1.26 (error below 1.5e-7); DuckDB has none.
approximated as (
    select *, 1 / (1 + 0.3275911 * abs(z) / sqrt(2.0)) as step from scaled
),
chances as (
    select
        *,
        0.5 + sign(z) * 0.5 * (
            1 - exp(-z * z / 2) * step * (
                0.254829592 + step * (
                    -0.284496736 + step * (1.421413741 + step * (-1.453152027 + step * 1.061405429))
                )
            )
        ) as loss_chance
    from approximated
)
select
    customer_id,
    'unprofitable' as segment,
    contribution_minor_365_days,
    receipt_count_365_days,
    cast(round(shrunk_contribution_minor) as bigint) as shrunk_contribution_per_receipt_minor,
    loss_chance,
    'Brought ' || printf('%.' || $shop_currency_digits || 'f', contribution_minor_365_days / pow(10, $shop_currency_digits))
    || ' ' || $shop_currency || ' in 365 days on ' || receipt_count_365_days || ' receipts: margin after returns and '
    || 'discounts ' || printf('%.' || $shop_currency_digits || 'f', margin_minor_365_days / pow(10, $shop_currency_digits))
    || ', delivery -' || printf('%.' || $shop_currency_digits || 'f', delivery_cost_minor_365_days / pow(10, $shop_currency_digits))
    || ', service -' || printf('%.' || $shop_currency_digits || 'f', service_cost_minor_365_days / pow(10, $shop_currency_digits))
    || '; ' || printf('%.0f', 100 * loss_chance) || '% certain after shrinking.' as reason
from chances
where loss_chance >= $segments_unprofitable_chance and contribution_minor_365_days < 0
