-- outcomes.overdue_credit: one row per promise that was earned ledger.credit_days ago or longer and is not credited in full.
with earned as (
    -- Whoever brought all the goods back has earned nothing; whoever keeps a part of them is owed all of it.
    select * from outcomes.promise where needs_credit and redeemed_on is not null and returned_on is null
),
overdue as (
    select *, $business_date - redeemed_on as age_days
    from earned
    where
        (credited_at is null or is_credited_in_part)
        -- The day of the redemption is the first that does not count.
        and $business_date - redeemed_on >= cast($ledger_credit_days as integer)
        -- A shop that never said what it credits is not judged.
        and exists (select 1 from core.credit where arrived_on <= $business_date)
)
select
    offer_key,
    customer_id,
    promised_to_id,
    campaign_id,
    wave_id,
    offer_id,
    redeemed_on,
    cast(age_days as bigint) as age_days,
    case when credited_at is null then 'not_credited' else 'credited_in_part' end as why,
    promised_minor,
    coalesce(credited_minor, 0) as credited_minor,
    promised_minor - coalesce(credited_minor, 0) as owed_minor
from overdue
order by redeemed_on, offer_key
