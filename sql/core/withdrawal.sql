-- core.withdrawal: one row per wish to take a person's promise back, whichever of their records it names.
with wishes as (
    select * from staging.withdrawals
),
links as (
    select * from core.person_link
)
select
    wishes.withdrawal_id,
    -- A record that was erased since still names the promise made to it.
    coalesce(links.customer_id, wishes.customer_id) as customer_id,
    wishes.offer_id,
    wishes.reason,
    wishes.arrived_on
from wishes
left join links on wishes.customer_id = links.record_id
order by wishes.withdrawal_id
