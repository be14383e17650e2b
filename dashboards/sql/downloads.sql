-- name: inputs
-- One row per source: the files the night rests on.
select
    source,
    count(*) as file_count,
    cast(sum(bytes) as bigint) as bytes,
    cast(sum(row_count) as bigint) as row_count,
    cast(sum(accepted_count) as bigint) as accepted_count,
    cast(sum(reject_count) as bigint) as reject_count
from meta.delivery
where is_history or delivered_on <= $business_date
group by source
order by source
