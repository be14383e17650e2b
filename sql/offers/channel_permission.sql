-- offers.channel_permission: one row per customer and channel on which the customer ever gave or refused consent to offers.
with consents as (
    select * from core.consent where recorded_at < $as_of and arrived_on <= $business_date
),
contacts as (
    select * from core.contact
),
latest as (
    select
        customer_id,
        channel,
        purpose,
        arg_max(is_granted, recorded_at) as is_granted
    from consents
    group by customer_id, channel, purpose
),
words as (
    -- Choosing an offer for somebody is profiling: a refusal of it counts like a refusal of offers.
    select
        customer_id,
        channel,
        bool_or(purpose = 'offers') and bool_and(is_granted) as is_granted
    from latest
    where purpose in ('offers', 'profiling')
    group by customer_id, channel
),
addresses as (
    select distinct
        customer_id,
        case kind when 'email' then 'email' else 'sms' end as channel
    from contacts
)
select
    words.customer_id,
    words.channel,
    words.is_granted,
    words.channel in ('push', 'post') or addresses.customer_id is not null as has_address,
    words.is_granted and (words.channel in ('push', 'post') or addresses.customer_id is not null) as may_be_used
from words
left join addresses on words.customer_id = addresses.customer_id and words.channel = addresses.channel
order by words.customer_id, words.channel
