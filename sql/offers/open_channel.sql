-- offers.open_channel: one row per customer and channel that the customer allows, with its contacts in the window that ends tomorrow.
with permissions as (
    select * from offers.channel_permission where may_be_used
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
counts as (
    -- Tonight's offers are sent tomorrow: with it, the window has `days` days.
    select contacts.customer_id, contacts.channel, count(*) as contact_count
    from offers.contact as contacts
    inner join windows on contacts.channel = windows.channel
    where contacts.contact_on > $business_date + 1 - cast(windows.days as integer)
    group by contacts.customer_id, contacts.channel
)
select
    permissions.customer_id,
    permissions.channel,
    coalesce(counts.contact_count, 0) as contact_count,
    coalesce(counts.contact_count, 0) < windows.most as is_open,
    windows.most || ' in ' || windows.days || ' days' as limit_text
from permissions
inner join windows on permissions.channel = windows.channel
left join counts on permissions.customer_id = counts.customer_id and permissions.channel = counts.channel
order by permissions.customer_id, permissions.channel
