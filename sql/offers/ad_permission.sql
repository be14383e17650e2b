-- offers.ad_permission: one row per customer who ever said whether an address may be matched with advertising networks.
with consents as (
    select * from core.consent where recorded_at < $as_of and arrived_on <= $business_date
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
    -- Consent to e-mails is no consent to advertising networks; but who refuses offers or profiling there refuses this.
    select
        customer_id,
        channel,
        bool_or(purpose = 'ads') as is_asked,
        bool_or(purpose = 'ads') and bool_and(is_granted) as is_granted
    from latest
    group by customer_id, channel
)
select
    customer_id,
    bool_or(channel = 'email' and is_granted) as may_match_email,
    bool_or(channel = 'sms' and is_granted) as may_match_phone
from words
group by customer_id
having bool_or(is_asked)
order by customer_id
