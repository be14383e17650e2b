-- outcomes.funnel: one row per campaign, channel, offer and day of the wave: how many offers reached each stage.
with promises as (
    select *, redeemed_at is not null and needs_credit and credited_at is null as is_uncredited from outcomes.promise
),
counts as (
    select
        campaign_id,
        channel,
        offer_id,
        wave_on,
        count(*) as offered_count,
        count(accepted_at) as accepted_count,
        count(rejected_at) as rejected_count,
        count(delivered_at) as delivered_count,
        count(bounced_at) as bounced_count,
        count(opened_at) as opened_count,
        count(clicked_at) as clicked_count,
        count(withdrawn_on) as withdrawn_count,
        count(redeemed_at) as redeemed_count,
        count(case when redeemed_at is not null then credited_at end) as credited_count,
        count(case when is_uncredited and returned_on is null then 1 end) as owed_count,
        count(case when is_uncredited and returned_on is not null then 1 end) as returned_count,
        cast(coalesce(sum(credited_minor), 0) as bigint) as credited_minor,
        cast(
            coalesce(sum(case when is_uncredited and returned_on is null then promised_minor end), 0) as bigint
        ) as owed_minor
    from promises
    group by campaign_id, channel, offer_id, wave_on
)
select
    *,
    accepted_count / offered_count as accepted_share,
    delivered_count / offered_count as delivered_share,
    opened_count / offered_count as opened_share,
    clicked_count / offered_count as clicked_share,
    redeemed_count / offered_count as redeemed_share,
    -- Promised = delivered means 1 here.
    credited_count / nullif(redeemed_count - returned_count, 0) as credited_share
from counts
order by campaign_id, channel, offer_id, wave_on
