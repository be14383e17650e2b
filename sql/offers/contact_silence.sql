-- offers.contact_silence: one row per customer and rule of the contact policy by which no channel may carry an offer tomorrow.
with customers as (
    select customer_id from core.customer where registered_at < $as_of
),
purchases as (
    select customer_id, max(ordered_on) as ordered_on
    from core.purchase
    where ordered_at < $as_of and arrived_on <= $business_date and not is_return and customer_id is not null
    group by customer_id
),
complaints as (
    -- What was settled at or after as_of was open then.
    select customer_id, complaint_id, opened_on, case when closed_at < $as_of then closed_on end as closed_on
    from core.complaint
    where opened_at < $as_of and arrived_on <= $business_date
),
spans as (
    select 'day' as span, $business_date + 1 as first_on, $contact_policy_offers_per_person_day as most
    union all
    select 'week', cast(date_trunc('week', $business_date + 1) as date), $contact_policy_offers_per_person_week
    union all
    select 'month', cast(date_trunc('month', $business_date + 1) as date), $contact_policy_offers_per_person_month
),
counts as (
    select contacts.customer_id, spans.span, spans.first_on, spans.most, count(*) as contact_count
    from offers.contact as contacts
    inner join spans on contacts.contact_on >= spans.first_on
    group by contacts.customer_id, spans.span, spans.first_on, spans.most
    having count(*) >= spans.most
),
verdicts as (
    select
        customer_id,
        'open_complaint' as rule,
        string_agg(complaint_id || ' since ' || opened_on, ', ' order by opened_on, complaint_id) as reason
    from complaints
    where closed_on is null
    group by customer_id
    union all
    select
        customer_id,
        'after_complaint',
        'settled on ' || max(closed_on) || ', left alone until '
            || (max(closed_on) + cast($contact_policy_days_after_complaint as integer))
    from complaints
    where closed_on + cast($contact_policy_days_after_complaint as integer) > $business_date
    group by customer_id
    union all
    select
        customer_id,
        'after_purchase',
        'bought on ' || ordered_on || ', left alone until '
            || (ordered_on + cast($contact_policy_days_after_purchase as integer))
    from purchases
    where ordered_on + cast($contact_policy_days_after_purchase as integer) > $business_date
    union all
    select
        customer_id,
        'offers_cap',
        string_agg(contact_count || ' since ' || first_on || ', at most ' || most || ' a ' || span, '; ' order by first_on desc)
    from counts
    group by customer_id
    union all
    select
        customer_id,
        'contacts_full',
        string_agg(channel || ' ' || contact_count || ' of ' || limit_text, '; ' order by channel)
    from offers.open_channel
    group by customer_id
    having not bool_or(is_open)
    union all
    select customer_id, 'quiet_day', 'offers would be sent on ' || ($business_date + 1) || ', a quiet day'
    from customers
    where
        list_contains(string_split($contact_policy_quiet_dates, ','), cast($business_date + 1 as varchar))
        or list_contains(
            string_split($contact_policy_quiet_weekdays, ','),
            ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'][isodow($business_date + 1)]
        )
)
select * from verdicts
order by customer_id, rule
