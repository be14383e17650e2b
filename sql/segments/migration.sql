-- segments.migration: one row per family x segment before x segment now, against the newest earlier night kept.
with earlier_night as (
    select max(business_date) as business_date from segments.history where business_date < $business_date
),
earlier as (
    select history.customer_id, history.family, history.segment
    from segments.history as history
    inner join earlier_night on history.business_date = earlier_night.business_date
),
-- Without an earlier night there is nothing to compare with, and no row.
now_members as (
    select membership.customer_id, membership.family, membership.segment
    from segments.membership as membership
    cross join earlier_night
    where earlier_night.business_date is not null
)
select
    coalesce(now_members.family, earlier.family) as family,
    coalesce(earlier.segment, '(none)') as from_segment,
    coalesce(now_members.segment, '(none)') as to_segment,
    count(*) as customer_count
from now_members
full outer join earlier
    on now_members.customer_id = earlier.customer_id and now_members.family = earlier.family
group by
    coalesce(now_members.family, earlier.family),
    coalesce(earlier.segment, '(none)'),
    coalesce(now_members.segment, '(none)')
