-- name: effects
-- One row per comparison and figure per person: what offers brought beside no offer.
select
    level, name, metric, starts_on, treated_count, control_count, open_count, effect, low, high,
    cuped_effect, cuped_low, cuped_high, always_low, always_high, total, total_low, total_high, is_told, rows_needed, problem,
    problem_parts
from outcomes.effect
where level <> 'cumulated' or metric = 'margin'
order by
    metric <> 'margin',
    metric,
    list_position(['all', 'campaign', 'channel', 'offer', 'segment', 'wave', 'cumulated'], level),
    name

-- name: roi
-- One row per comparison with what the offers' cost brought.
select
    level, name, treated_count, control_count, incremental_margin_minor, cost_minor, roi, roi_low, roi_high, problem, problem_parts
from outcomes.roi
where level in ('all', 'campaign', 'channel', 'offer')
order by list_position(['all', 'campaign', 'channel', 'offer'], level), name

-- name: campaigns
-- One row per wave and per offer of a campaign that somebody could be drawn into: their people add up to the campaign's.
select distinct 'wave' as level, arm_wave_id as name, campaign_id from outcomes.chance where arm <> 'control'
union all
select distinct 'offer' as level, arm as name, campaign_id from outcomes.chance where arm <> 'control'
order by level, name, campaign_id

-- name: lots
-- One row per wave: did the lots fall as they should.
select
    wave_id, starts_on, treated_count, control_count, control_expected, ratio_chance, is_uneven,
    offered_count + shared_address_count as contaminated_count, is_contaminated
from outcomes.lot
order by starts_on desc, wave_id
