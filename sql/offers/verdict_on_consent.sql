-- offers.verdict_on_consent: one row per message and word of the customer's, old or of the last minute, that forbids it.
with messages as (
    select * from offers.message where offer_status = 'offered'
),
statements as (
    select customer_id, channel, purpose, is_granted, recorded_at
    from core.consent
    where recorded_at < $as_of and arrived_on <= $business_date
    qualify rank() over (partition by customer_id, channel, purpose order by recorded_at desc) = 1
),
refusals as (
    -- Choosing an offer for somebody is profiling: its refusal counts like one of offers.
    select customer_id, channel, max(recorded_at) as recorded_at
    from statements
    where not is_granted and purpose in ('offers', 'profiling')
    group by customer_id, channel
),
granted as (
    select distinct customer_id, channel from statements where is_granted and purpose = 'offers'
),
customers as (
    select * from core.customer
),
verdicts as (
    select messages.offer_key, 'no_consent' as rule, 'no consent to offers by ' || messages.channel as why
    from messages
    anti join granted on messages.customer_id = granted.customer_id and messages.channel = granted.channel
    union all
    select
        messages.offer_key,
        'opted_out',
        'refused by ' || messages.channel || ' at ' || strftime(refusals.recorded_at, '%Y-%m-%d %H:%M') || ' UTC'
    from messages
    inner join refusals on messages.customer_id = refusals.customer_id and messages.channel = refusals.channel
    union all
    select
        messages.offer_key,
        case suppressions.reason when 'erasure' then 'erased' else 'suppressed' end,
        suppressions.reason || ', by ' || suppressions.kind
    from messages
    inner join offers.suppressed_customer as suppressions on messages.customer_id = suppressions.customer_id
    union all
    select messages.offer_key, 'erased', 'the customer is no longer known'
    from messages
    anti join customers on messages.customer_id = customers.customer_id
    union all
    select messages.offer_key, 'closed', 'the account is closed'
    from messages
    inner join customers on messages.customer_id = customers.customer_id and customers.status = 'closed'
    union all
    select messages.offer_key, words.rule, words.why
    from messages
    inner join offers.last_word as words
        on messages.customer_id = words.customer_id and words.channel in ('*', messages.channel)
)
select offer_key, rule, min(why) as why
from verdicts
group by offer_key, rule
order by offer_key, rule
