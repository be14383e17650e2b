-- outcomes.unpromised_credit: one row per credit that came lately and that no redeemed promise stands behind.
with judged as (
    select
        *,
        case
            when offer_key is null then 'no_promise'
            when redeemed_on is null then 'not_redeemed'
            when credit_number > 1 then 'credited_again'
        end as why
    from outcomes.matched_credit
    where reversed_on is null
)
select
    credit_id,
    customer_id,
    offer_key,
    offer_id,
    kind,
    amount_minor as credited_minor,
    credited_on,
    arrived_on,
    why
from judged
where why is not null and arrived_on > $business_date - cast($ledger_unmatched_days as integer)
order by credited_on, credit_id
