-- core.credit_reversal: one row per record that takes a credit back, with the reason when it cannot.
with records as (
    select credits.*, links.customer_id as person_id
    from staging.credits as credits
    left join core.person_link as links on credits.customer_id = links.record_id
),
judged as (
    select
        reversals.*,
        case
            when reversals.person_id is null then 'unknown customer'
            when credits.credit_id is null then 'takes back an unknown credit'
            when credits.reverses is not null then 'takes back what takes back another'
            when credits.person_id is distinct from reversals.person_id then 'takes back the credit of another customer'
            -- Part of a credit cannot be taken back: take it back whole and credit the rest.
            when
                (credits.kind, credits.amount_minor, credits.points)
                is distinct from (reversals.kind, reversals.amount_minor, reversals.points)
                then 'takes back another amount than was credited'
            when reversals.credited_at < credits.credited_at then 'takes back before it was credited'
        end as misfit
    from records as reversals
    left join records as credits on reversals.reverses = credits.credit_id
    where reversals.reverses is not null
)
select
    credit_id,
    reverses,
    person_id as customer_id,
    credited_at as reversed_at,
    credited_on as reversed_on,
    -- Whoever does not say why leaves the customer with the promise.
    coalesce(reversal_reason, 'mistake') as reversal_reason,
    arrived_on,
    case
        when misfit is not null then misfit
        when row_number() over (partition by reverses, misfit order by credited_at, credit_id) > 1
            then 'takes back a second time'
    end as reason
from judged
order by credit_id
