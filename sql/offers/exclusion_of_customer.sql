-- offers.exclusion_of_customer: one row per customer and rule that keeps the customer from every offer.
with customers as (
    select * from core.customer where registered_at < $as_of
),
permissions as (
    select
        customer_id,
        bool_or(is_granted) as is_granted,
        bool_or(may_be_used) as may_be_used,
        string_agg(channel, ', ' order by channel) as channels
    from offers.channel_permission
    group by customer_id
),
memberships as (
    select * from segments.membership where segment in ('strategic', 'unprofitable')
),
live_offers as (
    select * from offers.live_offer
),
verdicts as (
    select customer_id, 'closed' as rule, 'the account is closed' as reason
    from customers
    where status = 'closed'
    union all
    select customers.customer_id, 'no_consent', 'no consent to offers was ever given'
    from customers
    left join permissions on customers.customer_id = permissions.customer_id
    where permissions.customer_id is null
    union all
    select customer_id, 'opted_out', 'the latest word refuses ' || channels
    from permissions
    where not is_granted
    union all
    select customer_id, 'no_address', 'consent is given, but no address that works is known for it'
    from permissions
    where is_granted and not may_be_used
    union all
    select
        customer_id,
        'suppressed',
        concat(
            reason, case when said_on <> '' then ' of ' || said_on else '' end, ', by ', kind,
            case when is_own then '' else ' of the same household' end
        )
    from offers.suppressed_customer
    union all
    select customer_id, segment, reason
    from memberships
    union all
    select
        customer_id,
        'live_offer',
        coalesce('the offer ' || offer_id, 'the control arm of a pilot') || ' counts until ' || valid_until
    from live_offers
    union all
    select customer_id, rule, reason
    from offers.contact_silence
)
select verdicts.*
from verdicts
inner join customers on verdicts.customer_id = customers.customer_id
order by verdicts.customer_id, verdicts.rule
