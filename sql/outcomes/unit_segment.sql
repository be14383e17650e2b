-- outcomes.unit_segment: one row per person and wave that is measured, and family of segments they were in when the lot fell.
select
    units.customer_id,
    units.wave_id,
    history.family,
    history.segment
from outcomes.unit as units
-- The night before the horizon's first day drew the lot.
inner join segments.history as history
    on units.customer_id = history.customer_id and units.assigned_on - 1 = history.business_date
order by history.family, history.segment, units.customer_id, units.wave_id
