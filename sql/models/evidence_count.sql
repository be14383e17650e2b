-- models.evidence_count: one row per reason why draws are evidence or are not, and per remark on those that are.
with kinds as (
    select * from (
        values
            ('evidence', true, 1), ('later_offer', true, 2), ('late_return', true, 3), ('horizon_open', false, 4),
            ('overlapping_horizon', false, 5), ('offer_in_horizon', false, 6), ('shared_address', false, 7),
            ('two_arms', false, 8), ('no_propensity', false, 9), ('not_random', false, 10)
    ) as kinds (reason, is_evidence, place)
),
found as (
    select coalesce(problem, 'evidence') as reason, arm from models.evidence_draw
    union all
    select 'later_offer' as reason, arm from models.evidence_draw where problem is null and has_later_offer
    union all
    select 'late_return' as reason, draws.arm from models.wave_return as returned
    inner join models.evidence_draw as draws
        on returned.customer_id = draws.customer_id and returned.wave_id = draws.wave_id
    where draws.problem is null
    union all
    select 'not_random' as reason, arm from core.offer_assignment
    where not is_randomised and assigned_at < $as_of and arrived_on <= $business_date
)
select
    kinds.reason,
    kinds.is_evidence,
    count(found.reason) as row_count,
    count(found.reason) filter (where found.arm = 'control') as control_count,
    kinds.place
from kinds
left join found on kinds.reason = found.reason
group by kinds.reason, kinds.is_evidence, kinds.place
order by kinds.place
