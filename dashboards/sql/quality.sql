-- name: checks
-- One row per check of the night, broken ones first.
select
    schema_name || '.' || table_name as address,
    check_index,
    severity,
    is_success,
    description,
    observed,
    unexpected_count,
    element_count
from meta.check_result
where business_date = $business_date and schema_name <> 'publish'
order by is_success, severity, schema_name, table_name, check_index

-- name: stages
-- One row per stage with the checks kept and broken.
select
    schema_name,
    count(*) as check_count,
    count(distinct table_name) as table_count,
    count(*) filter (where not is_success and severity = 'critical') as critical_count,
    count(*) filter (where not is_success and severity <> 'critical') as warning_count
from meta.check_result
where business_date = $business_date and schema_name <> 'publish'
group by schema_name
order by list_position(['raw', 'staging', 'core', 'features', 'segments', 'models', 'offers'], schema_name), schema_name

-- name: rejects
-- One row per source, column and reason of records that were not taken; only what has no code is told by its sentence.
select
    source,
    column_name,
    reason_code,
    reason_detail,
    case when reason_code is null then reason end as reason,
    count(*) as reject_count,
    max(delivered_on) as delivered_on
from meta.reject
where delivered_on <= $business_date
group by all
order by reject_count desc, source, column_name, reason_code, reason_detail, reason

-- name: conflicts
-- One row per source with keys that came twice with different content.
select source, count(*) as conflict_count, max(delivered_on) as delivered_on
from meta.conflict
where delivered_on <= $business_date
group by source
order by source

-- name: late
-- One row per source with records that came after their day.
select source, count(*) as late_count, min(event_at) as first_event_at, max(delivered_on) as delivered_on
from meta.late
where delivered_on <= $business_date
group by source
order by source

-- name: notes
-- One row per source and remark on files that were taken. A file changed after its night is in that run's log: a page of the
-- night before must not change with it.
select
    source,
    kind,
    sum(item_count) as item_count,
    arg_min(detail, description) as detail,
    min(description) as description
from meta.note
where delivered_on <= $business_date and kind <> 'changed_file'
group by source, kind
order by source, kind
