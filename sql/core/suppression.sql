-- core.suppression: one row per suppressed address or record that nobody may tell anything as of the night.
with suppressions as (
    select * from staging.suppressions
)
select
    kind,
    value,
    reason,
    suppressed_at,
    arrived_on
from suppressions
-- Asked for at a later hour, it is known all the same, and whoever knows must not write.
where lifted_at is null or lifted_at >= $as_of
order by kind, value
