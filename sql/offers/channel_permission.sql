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
    select
        customer_id,
        case kind when 'email' then 'email' else 'sms' end as channel,
        max(updated_at) as updated_at
    from contacts
    group by all
),
messages as (
    select sent.customer_id, sent.channel, sent.contact_on, answers.has_failed
    from offers.sent_offer as sent
    inner join offers.contact_answer as answers on sent.offer_key = answers.offer_key
    left join addresses on sent.customer_id = addresses.customer_id and sent.channel = addresses.channel
    -- Accepted alone says nothing of arrival. What failed before an address was changed speaks of the old one.
    where
        (answers.has_failed or coalesce(answers.delivered_at, answers.opened_at, answers.clicked_at) is not null)
        and sent.contact_on > $business_date + 1 - cast($contact_policy_failed_days as integer)
        and sent.contact_on >= coalesce(cast(addresses.updated_at as date), sent.contact_on)
),
arrivals as (
    select *, max(case when not has_failed then contact_on end) over (partition by customer_id, channel) as arrived_on
    from messages
),
failures as (
    select customer_id, channel
    from arrivals
    where has_failed and (arrived_on is null or contact_on > arrived_on)
    group by customer_id, channel
    having count(*) >= $contact_policy_failed_times
)
select
    words.customer_id,
    words.channel,
    words.is_granted,
    words.channel in ('push', 'post') or addresses.customer_id is not null as has_address,
    failures.customer_id is not null as is_failing,
    words.is_granted
        and (words.channel in ('push', 'post') or addresses.customer_id is not null)
        and failures.customer_id is null as may_be_used
from words
left join addresses on words.customer_id = addresses.customer_id and words.channel = addresses.channel
left join failures on words.customer_id = failures.customer_id and words.channel = failures.channel
order by words.customer_id, words.channel
