-- offers.verdict_on_cap: one row per message and cap that is exceeded when the messages are added up anew.
with messages as (
    select * from offers.message where offer_status = 'offered'
),
exceeded as (
    select * from offers.limit_use where is_exceeded
),
told as (
    select customer_id, business_date + 1 as told_on, channel
    from offers.decision_history
    where offer_id is not null and business_date < $business_date
    union all
    select assignments.customer_id, assignments.assigned_on, assignments.channel
    from core.offer_assignment as assignments
    anti join offers.decision_history as own
        on assignments.customer_id = own.customer_id
        and assignments.wave_id = own.wave_id
        and own.business_date < $business_date
    where
        assignments.offer_id is not null
        and assignments.assigned_at < $as_of
        and assignments.arrived_on <= $business_date
),
windows as (
    select 'email' as channel, $contact_policy_email_contacts as most, $contact_policy_email_days as days
    union all
    select 'sms', $contact_policy_sms_contacts, $contact_policy_sms_days
    union all
    select 'push', $contact_policy_push_contacts, $contact_policy_push_days
    union all
    select 'post', $contact_policy_post_contacts, $contact_policy_post_days
),
periods as (
    select 'day' as period, $business_date + 1 as first_on, $contact_policy_offers_per_person_day as most
    union all
    select 'week', cast(date_trunc('week', $business_date + 1) as date), $contact_policy_offers_per_person_week
    union all
    select 'month', cast(date_trunc('month', $business_date + 1) as date), $contact_policy_offers_per_person_month
),
verdicts as (
    select
        covered.offer_key,
        'limit_exceeded' as rule,
        exceeded.limit_name || ': ' || exceeded.tonight_amount || ' tonight and ' || exceeded.before_amount
            || ' before, of ' || exceeded.cap as why
    from offers.limit_message as covered
    inner join exceeded on covered.limit_name = exceeded.limit_name
    union all
    select
        messages.offer_key,
        'channel_cap',
        'told ' || count(*) || ' times by ' || messages.channel || ' in ' || windows.days || ' days, at most ' || windows.most
    from messages
    inner join windows on messages.channel = windows.channel
    inner join told
        on messages.customer_id = told.customer_id
        and messages.channel = told.channel
        and told.told_on > $business_date + 1 - cast(windows.days as integer)
    group by messages.offer_key, messages.channel, windows.days, windows.most
    having count(*) >= windows.most
    union all
    select messages.offer_key, 'person_cap', count(*) || ' offers this ' || periods.period || ' already, at most ' || periods.most
    from messages
    cross join periods
    inner join told on messages.customer_id = told.customer_id and told.told_on >= periods.first_on
    group by messages.offer_key, periods.period, periods.most
    having count(*) >= periods.most
    union all
    select offer_key, 'person_cap', count(*) over (partition by customer_id) || ' offers to one person tonight'
    from messages
    qualify row_number() over (partition by customer_id order by offer_key) > 1
)
select offer_key, rule, min(why) as why
from verdicts
group by offer_key, rule
order by offer_key, rule
