-- name: nights
-- One row per night up to this one, the last thirty: its run, its checks and what it decided.
with checks as (
    select
        business_date,
        count(*) as check_count,
        count(*) filter (where not is_success and severity = 'critical') as critical_count,
        count(*) filter (where not is_success and severity <> 'critical') as warning_count
    from meta.check_result
    where schema_name <> 'publish'
    group by business_date
),
decided as (
    select business_date, count(offer_id) as offer_count from offers.decision_history group by business_date
)
select
    nights.business_date,
    nights.run_id,
    coalesce(checks.check_count, 0) as check_count,
    coalesce(checks.critical_count, 0) as critical_count,
    coalesce(checks.warning_count, 0) as warning_count,
    coalesce(decided.offer_count, 0) as offer_count
from meta.run as nights
left join checks on nights.business_date = checks.business_date
left join decided on nights.business_date = decided.business_date
where nights.business_date <= $business_date
order by nights.business_date desc
limit 30

-- name: gates
-- One row per stage of tonight with its checks.
select
    schema_name,
    count(*) as check_count,
    count(*) filter (where not is_success and severity = 'critical') as critical_count,
    count(*) filter (where not is_success and severity <> 'critical') as warning_count
from meta.check_result
where business_date = $business_date and schema_name <> 'publish'
group by schema_name
order by schema_name

-- name: warnings
-- One row per broken promise of this night and those before, the last fourteen days.
select business_date, schema_name || '.' || table_name as address, check_index, severity, description
from meta.check_result
where not is_success
    and schema_name <> 'publish'
    and business_date <= $business_date
    and business_date > cast($business_date as date) - 14
order by business_date desc, severity, schema_name, table_name, check_index
limit 200
