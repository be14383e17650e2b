-- name: goals
-- One row per goal of shop.yml.
select goal, unit, period_days, target, value, low, high, base_count, value_before, is_reached, is_told
from outcomes.goal
order by goal

-- name: kpis
-- One row per key figure and group.
select kpi, group_name, unit, value, low, high, base_count, problem, problem_parts
from outcomes.kpi
order by kpi, group_name <> 'all', group_name
