-- name: effects
-- One row per comparison and figure per person: what offers brought beside no offer.
select
    level, name, metric, starts_on, treated_count, control_count, open_count, effect, low, high,
    cuped_effect, cuped_low, cuped_high, always_low, always_high, total, total_low, total_high, is_told, problem, problem_parts
from outcomes.effect
where level <> 'cumulated'
order by metric <> 'margin', metric, list_position(['all', 'campaign', 'channel', 'offer', 'segment', 'wave'], level), name

-- name: roi
-- One row per comparison with what the offers' cost brought.
select level, name, treated_count, incremental_margin_minor, cost_minor, roi, roi_low, roi_high, problem, problem_parts
from outcomes.roi
where level in ('all', 'campaign', 'channel', 'offer')
order by list_position(['all', 'campaign', 'channel', 'offer'], level), name

-- name: lots
-- One row per wave: did the lots fall as they should.
select
    wave_id, starts_on, treated_count, control_count, control_expected, ratio_chance, is_uneven,
    offered_count + shared_address_count as contaminated_count, is_contaminated
from outcomes.lot
order by starts_on desc, wave_id
