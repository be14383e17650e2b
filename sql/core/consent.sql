-- core.consent: one row per moment at which a person's consent was stated; is_granted is what holds for the person from then on.
with statements as (
    select * from staging.consents
),
links as (
    select * from core.person_link
),
changes as (
    -- +1 when a record opts out, -1 when that record takes it back, 0 when it repeats itself.
    select
        links.customer_id,
        statements.channel,
        statements.purpose,
        statements.recorded_at,
        statements.arrived_on,
        cast(not statements.is_granted as integer) - coalesce(
            lag(cast(not statements.is_granted as integer)) over (
                partition by statements.customer_id, statements.channel, statements.purpose
                order by statements.recorded_at
            ),
            0
        ) as opt_out_change
    from statements
    inner join links on statements.customer_id = links.record_id
),
moments as (
    select
        customer_id,
        channel,
        purpose,
        recorded_at,
        max(arrived_on) as arrived_on,
        sum(opt_out_change) as opt_out_change
    from changes
    group by customer_id, channel, purpose, recorded_at
)
-- The opt-out of any record counts for the person until that same record takes it back.
select
    customer_id,
    channel,
    purpose,
    sum(opt_out_change) over (partition by customer_id, channel, purpose order by recorded_at) = 0 as is_granted,
    recorded_at,
    arrived_on
from moments
order by customer_id, channel, purpose, recorded_at
