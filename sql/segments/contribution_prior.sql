-- segments.contribution_prior: one row, how contribution per receipt varies within and between customers of the shop.
with customers as (
    select
        cast(receipt_count_365_days as decimal(38, 0)) as receipt_count,
        cast(contribution_minor_365_days as decimal(38, 0)) as contribution_minor,
        contribution_squares_365_days as contribution_squares,
        -- Rounded to whole units before summing, so that the sum does not depend on the order of rows.
        cast(
            round(contribution_minor_365_days * (contribution_minor_365_days / receipt_count_365_days)) as decimal(38, 0)
        ) as explained_squares
    from features.customer_contribution
),
totals as (
    select
        count(*) as customer_count,
        cast(sum(receipt_count) as double) as receipt_count,
        cast(sum(contribution_minor) as double) / cast(sum(receipt_count) as double) as mean_minor,
        cast(sum(receipt_count * receipt_count) as double) as receipt_count_squares,
        cast(sum(contribution_squares) - sum(explained_squares) as double) as squares_within,
        cast(sum(explained_squares) as double)
        - cast(sum(contribution_minor) as double) * cast(sum(contribution_minor) as double)
        / cast(sum(receipt_count) as double) as squares_between
    from customers
),
variances as (
    select
        *,
        squares_within / nullif(receipt_count - customer_count, 0) as variance_within,
        squares_between / nullif(customer_count - 1, 0) as mean_square_between,
        (receipt_count - receipt_count_squares / receipt_count) / nullif(customer_count - 1, 0) as receipts_per_customer
    from totals
)
-- One-way analysis of variance by moments (Searle, Casella & McCulloch, Variance Components, 1992, section 3.6).
select
    customer_count,
    mean_minor,
    variance_within,
    greatest((mean_square_between - variance_within) / nullif(receipts_per_customer, 0), 0) as variance_between
from variances
where customer_count > 0
