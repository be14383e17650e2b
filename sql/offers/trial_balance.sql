-- offers.trial_balance: one row per limit and period in whose pool something moved tonight or is still promised.
with entries as (
    select * from offers.ledger_entry where business_date <= $business_date
),
-- Each movement once where it goes to and once where it comes from.
sides as (
    select limit_name, period_on, counted, business_date, kind, to_account as account, amount from entries
    union all
    select limit_name, period_on, counted, business_date, kind, from_account, -amount from entries
),
accounts as (
    select
        limit_name,
        period_on,
        counted,
        coalesce(sum(amount) filter (where account = 'reserved' and business_date < $business_date), 0) as opening_reserved,
        coalesce(sum(amount) filter (where account = 'posted' and business_date < $business_date), 0) as opening_posted,
        coalesce(sum(amount) filter (where account = 'overrun' and business_date < $business_date), 0) as opening_overrun,
        coalesce(sum(amount) filter (where account = 'reserved'), 0) as closing_reserved,
        coalesce(sum(amount) filter (where account = 'posted'), 0) as closing_posted,
        coalesce(sum(amount) filter (where account = 'overrun'), 0) as closing_overrun,
        coalesce(sum(amount) filter (where account = 'free'), 0) as free_change
    from sides
    group by limit_name, period_on, counted
),
movements as (
    select
        limit_name,
        period_on,
        counted,
        arg_max(cap, sequence) as cap,
        max(cap) as most_cap,
        coalesce(sum(amount) filter (where kind = 'reserve' and business_date = $business_date), 0) as reserved,
        coalesce(sum(amount) filter (where kind = 'post' and business_date = $business_date), 0) as posted,
        coalesce(sum(amount) filter (where kind = 'release' and business_date = $business_date), 0) as released,
        coalesce(sum(amount) filter (where kind = 'reverse' and business_date = $business_date), 0) as reversed,
        coalesce(sum(amount) filter (where kind = 'overrun' and business_date = $business_date), 0) as overrun,
        count(*) filter (where business_date = $business_date) as entry_count
    from entries
    group by limit_name, period_on, counted
),
promised as (
    select count(*) as offer_count from offers.decision where offer_id is not null
),
held as (
    -- A promise of tonight stands when no later decision of tonight took it back.
    select count(*) as offer_count
    from (
        select reservation_id from entries
        where business_date = $business_date and step = 'decision' and limit_name = 'budget'
        group by reservation_id
        having count(*) filter (where kind = 'reverse') = 0
    )
)
select
    movements.limit_name,
    movements.period_on,
    movements.counted,
    movements.cap,
    cast(accounts.opening_reserved as bigint) as opening_reserved,
    cast(accounts.opening_posted as bigint) as opening_posted,
    cast(accounts.opening_overrun as bigint) as opening_overrun,
    cast(movements.reserved as bigint) as reserved,
    cast(movements.posted as bigint) as posted,
    cast(movements.released as bigint) as released,
    cast(movements.reversed as bigint) as reversed,
    cast(movements.overrun as bigint) as overrun,
    cast(accounts.closing_reserved as bigint) as closing_reserved,
    cast(accounts.closing_posted as bigint) as closing_posted,
    cast(accounts.closing_overrun as bigint) as closing_overrun,
    -- What was spent from free and not given back to it must be what stands; and nothing may stand above the cap.
    accounts.free_change + accounts.closing_reserved + accounts.closing_posted = 0
        and least(accounts.closing_reserved, accounts.closing_posted, accounts.closing_overrun) >= 0
        and accounts.closing_reserved + accounts.closing_posted <= movements.most_cap as is_balanced,
    case
        when movements.limit_name = 'budget' and movements.reserved > 0 then promised.offer_count - held.offer_count
        else 0
    end as unreserved_count
from movements
inner join accounts
    on movements.limit_name = accounts.limit_name
    and movements.period_on = accounts.period_on
    and movements.counted = accounts.counted
cross join promised
cross join held
where movements.entry_count > 0 or accounts.closing_reserved > 0
order by movements.limit_name, movements.period_on, movements.counted
