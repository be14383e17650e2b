-- offers.exclusion_by_contact: one row per eligible customer, offer and rule on the offers that the customer got before.
with customers as (
    select customer_id from offers.eligible_customer
),
templates as (
    select distinct
        template_id,
        never_with,
        only_after,
        person_times,
        -- The first day that counts when tonight's offers are sent tomorrow.
        case
            when person_days is not null then $business_date + 2 - cast(person_days as integer)
            else cast(date_trunc(person_period, $business_date + 1) as date)
        end as person_from,
        coalesce(person_days || ' days', 'a ' || person_period) as person_span
    from offers.catalogue
),
contacts as (
    select * from offers.contact where template_id is not null
),
purchases as (
    select distinct customer_id, ordered_on
    from core.purchase
    where ordered_at < $as_of and arrived_on <= $business_date and not is_return and customer_id is not null
),
recent as (
    select
        contacts.*,
        -- A response is a purchase while the offer counted.
        exists (
            select * from purchases
            where purchases.customer_id = contacts.customer_id
                and purchases.ordered_on between contacts.contact_on and contacts.valid_until
        ) as is_answered
    from contacts
    where contacts.contact_on > $business_date + 1 - cast($contact_policy_unanswered_days as integer)
),
followed as (
    select
        *,
        max(case when is_answered then contact_on end) over (partition by customer_id, template_id) as answered_on
    from recent
),
unanswered as (
    select customer_id, template_id, count(*) as contact_count, min(contact_on) as first_on
    from followed
    where answered_on is null or contact_on > answered_on
    group by customer_id, template_id
    having count(*) >= $contact_policy_unanswered_times
),
rivals as (
    -- A never with B also means B never with A.
    select template_id, unnest(string_split(never_with, ',')) as other_id from templates where never_with <> ''
    union
    select unnest(string_split(never_with, ',')), template_id from templates where never_with <> ''
),
required as (
    select template_id, unnest(string_split(only_after, ',')) as other_id from templates where only_after <> ''
),
got as (
    select customer_id, template_id, max(contact_on) as contact_on from contacts group by customer_id, template_id
),
chances as (
    select * from offers.propensity_history
    where business_date < $business_date and date_diff('day', business_date, $business_date) <= $models_evidence_days
),
held_back as (
    select
        business_date,
        1 - (1 - $randomisation_global_control_share)
        * (1 - power($randomisation_campaign_control_share, count(distinct wave_id))) as held_back_share
    from chances
    group by business_date
),
as_if_given as (
    -- Who is held back never gets what comes before: a lot with the chance that everybody else had stands for it, so
    -- that the control group of what comes after is not empty.
    select distinct chances.customer_id, catalogue.template_id
    from chances
    inner join offers.catalogue as catalogue on chances.offer_id = catalogue.offer_id
    semi join required on catalogue.template_id = required.other_id
    inner join held_back on chances.business_date = held_back.business_date
    inner join offers.decision_history as decisions
        on chances.business_date = decisions.business_date and chances.customer_id = decisions.customer_id
    where
        decisions.group_name in ('global_control', 'control')
        and cast(
            '0x' || left(
                sha256(
                    concat_ws(
                        '|', $randomisation_salt, 'as if given', chances.business_date, chances.customer_id, chances.offer_id
                    )
                ),
                13
            ) as bigint
        ) / 4503599627370496 < chances.propensity / (1 - held_back.held_back_share)
),
had as (
    select customer_id, template_id from got
    union
    select customer_id, template_id from as_if_given
),
verdicts as (
    select
        customer_id,
        template_id,
        'seen_unanswered' as rule,
        'got ' || template_id || ' ' || contact_count || ' times since ' || first_on || ' and never bought in its time' as reason
    from unanswered
    union all
    select
        got.customer_id,
        rivals.template_id,
        'never_with',
        string_agg('got ' || rivals.other_id || ' on ' || got.contact_on, ', ' order by rivals.other_id)
    from rivals
    inner join got on rivals.other_id = got.template_id
    group by got.customer_id, rivals.template_id
    union all
    select
        customers.customer_id,
        required.template_id,
        'only_after',
        'never got ' || string_agg(required.other_id, ', ' order by required.other_id)
    from customers
    cross join required
    anti join had on customers.customer_id = had.customer_id and required.other_id = had.template_id
    group by customers.customer_id, required.template_id
    union all
    select
        contacts.customer_id,
        contacts.template_id,
        'person_cap',
        'got it ' || count(*) || ' times since ' || templates.person_from || ', at most ' || templates.person_times
            || ' in ' || templates.person_span
    from contacts
    inner join templates on contacts.template_id = templates.template_id
    where contacts.contact_on >= templates.person_from
    group by contacts.customer_id, contacts.template_id, templates.person_times, templates.person_from, templates.person_span
    having count(*) >= templates.person_times
    union all
    -- While it would have counted: else the night that takes an offer back might promise it again.
    select
        customer_id,
        template_id,
        'withdrawn',
        'taken back on ' || max(withdrawn_on) || ': ' || string_agg(distinct reason, '; ' order by reason)
    from offers.withdrawn_promise
    where valid_until > $business_date
    group by customer_id, template_id
)
select
    verdicts.customer_id,
    catalogue.offer_id,
    verdicts.rule,
    verdicts.reason
from verdicts
semi join customers on verdicts.customer_id = customers.customer_id
inner join offers.catalogue as catalogue on verdicts.template_id = catalogue.template_id
order by verdicts.customer_id, catalogue.offer_id, verdicts.rule
