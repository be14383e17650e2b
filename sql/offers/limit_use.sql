-- offers.limit_use: one row per limit of offers.yml, added up anew from tonight's messages and the ledger of the nights before.
with caps as (
    select distinct limit_name, counted, period_on, cap from offers.written_limit
),
tonight as (
    select limit_name, sum(amount) as amount from offers.limit_message group by limit_name
),
entries as (
    select * from offers.ledger_entry where business_date < $business_date or step <> 'decision'
),
moved as (
    select limit_name, period_on, counted, to_account as account, amount from entries
    union all
    select limit_name, period_on, counted, from_account, -amount from entries
),
before as (
    select limit_name, period_on, counted, sum(amount) as amount
    from moved
    where account in ('reserved', 'posted', 'overrun')
    group by limit_name, period_on, counted
)
select
    caps.limit_name,
    caps.counted,
    caps.cap,
    cast(coalesce(before.amount, 0) as bigint) as before_amount,
    cast(coalesce(tonight.amount, 0) as bigint) as tonight_amount,
    coalesce(tonight.amount, 0) > greatest(caps.cap - coalesce(before.amount, 0), 0) as is_exceeded
from caps
left join tonight on caps.limit_name = tonight.limit_name
left join before
    on caps.limit_name = before.limit_name and caps.period_on = before.period_on and caps.counted = before.counted
order by caps.limit_name
