-- name: funnel
-- One row per channel: how many offers reached each stage.
select
    channel,
    cast(sum(offered_count) as bigint) as offered_count,
    cast(sum(accepted_count) as bigint) as accepted_count,
    cast(sum(delivered_count) as bigint) as delivered_count,
    cast(sum(opened_count) as bigint) as opened_count,
    cast(sum(clicked_count) as bigint) as clicked_count,
    cast(sum(redeemed_count) as bigint) as redeemed_count,
    cast(sum(credited_count) as bigint) as credited_count,
    cast(sum(owed_count) as bigint) as owed_count,
    cast(sum(owed_minor) as bigint) as owed_minor
from outcomes.funnel
group by channel
order by offered_count desc, channel

-- name: campaigns
-- One row per campaign: how many offers reached each stage.
select
    campaign_id,
    cast(sum(offered_count) as bigint) as offered_count,
    cast(sum(accepted_count) as bigint) as accepted_count,
    cast(sum(delivered_count) as bigint) as delivered_count,
    cast(sum(opened_count) as bigint) as opened_count,
    cast(sum(clicked_count) as bigint) as clicked_count,
    cast(sum(redeemed_count) as bigint) as redeemed_count,
    cast(sum(credited_count) as bigint) as credited_count,
    cast(sum(owed_count) as bigint) as owed_count,
    cast(sum(owed_minor) as bigint) as owed_minor
from outcomes.funnel
group by campaign_id
order by offered_count desc, campaign_id
