-- staging.withdrawals: one row per wish to take a promise back, as its first delivery says.
with delivered as (
    -- The first load says nothing of arrival: it counts as known from the beginning, and takes nothing of ours back.
    select
        *,
        case when _is_history then cast('0001-01-01' as date) else _delivered_on end as arrived_on
    from raw.withdrawals
),
first as (
    -- A wish told again takes back nothing that was promised since.
    select *
    from delivered
    qualify row_number() over (partition by withdrawal_id order by arrived_on, _file, _line) = 1
)
select
    withdrawal_id,
    customer_id,
    offer_id,
    reason,
    arrived_on
from first
where arrived_on <= $business_date
order by withdrawal_id
