-- features.customer_contacts: one row per customer who was sent an offer in the last 365 days.
with receipts as (
    select
        assignment_id,
        max(case when status in ('rejected', 'bounced') then 1 else 0 end) as is_failed,
        max(case when status in ('opened', 'clicked') then 1 else 0 end) as is_opened,
        max(case when status = 'clicked' then 1 else 0 end) as is_clicked
    from core.receipt
    where occurred_at < $as_of and arrived_on <= $business_date
    group by assignment_id
),
redemptions as (
    select distinct assignment_id
    from core.redemption
    where assignment_id is not null and redeemed_at < $as_of and arrived_on <= $business_date
),
offers_sent as (
    select
        assignments.customer_id,
        date_diff('day', assignments.assigned_on, $business_date) as age_days,
        coalesce(receipts.is_opened, 0) as is_opened,
        coalesce(receipts.is_clicked, 0) as is_clicked,
        case when redemptions.assignment_id is not null then 1 else 0 end as is_redeemed
    from core.offer_assignment as assignments
    left join receipts on assignments.assignment_id = receipts.assignment_id
    left join redemptions on assignments.assignment_id = redemptions.assignment_id
    where
        -- Control rows were sent nothing; what the channel refused reached nobody.
        assignments.offer_id is not null
        and coalesce(receipts.is_failed, 0) = 0
        and assignments.assigned_at < $as_of
        and assignments.arrived_on <= $business_date
),
totals as (
    select
        customer_id,
        cast(sum(case when age_days < 7 then 1 else 0 end) as bigint) as offer_count_7_days,
        cast(sum(case when age_days < 30 then 1 else 0 end) as bigint) as offer_count_30_days,
        cast(sum(case when age_days < 90 then 1 else 0 end) as bigint) as offer_count_90_days,
        count(*) as offer_count_365_days,
        cast(sum(is_opened) as bigint) as opened_count_365_days,
        cast(sum(is_clicked) as bigint) as clicked_count_365_days,
        cast(sum(is_redeemed) as bigint) as redeemed_count_365_days,
        min(age_days) as days_since_offer
    from offers_sent
    where age_days < 365
    group by customer_id
),
shop as (
    select
        sum(opened_count_365_days) / sum(offer_count_365_days) as open_rate,
        sum(clicked_count_365_days) / sum(offer_count_365_days) as click_rate,
        sum(redeemed_count_365_days) / sum(offer_count_365_days) as redemption_rate
    from totals
)
select
    totals.*,
    -- Shrunk to the shop's rate with the weight of ten offers: one lucky open is not a rate of 1.
    (totals.opened_count_365_days + 10 * shop.open_rate) / (totals.offer_count_365_days + 10) as open_rate_365_days,
    (totals.clicked_count_365_days + 10 * shop.click_rate) / (totals.offer_count_365_days + 10)
        as click_rate_365_days,
    (totals.redeemed_count_365_days + 10 * shop.redemption_rate) / (totals.offer_count_365_days + 10)
        as redemption_rate_365_days
from totals
cross join shop
