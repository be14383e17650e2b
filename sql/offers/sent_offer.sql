-- offers.sent_offer: one row per offer sent to a customer before tonight's offers, by us or in a wave run elsewhere.
with decided as (
    select
        coalesce(persons.customer_id, decisions.customer_id) as customer_id,
        -- A person joined from two records may have got one wave twice.
        concat(
            'own:', decisions.wave_id, case when persons.customer_id <> decisions.customer_id then ':' || decisions.customer_id end
        ) as contact_id,
        decisions.customer_id as promised_to_id,
        decisions.campaign_id,
        decisions.wave_id,
        decisions.business_date as wave_on,
        -- A night's offers go out on the morning after it: that is the day of the contact.
        decisions.business_date + 1 as contact_on,
        decisions.offer_id,
        decisions.channel,
        decisions.valid_from,
        decisions.valid_until
    from offers.decision_history as decisions
    left join core.person_link as persons on decisions.customer_id = persons.record_id
    where decisions.business_date < $business_date and decisions.offer_id is not null
),
logged as (
    select * from core.offer_assignment
    where assigned_at < $as_of and arrived_on <= $business_date and offer_id is not null
),
own as (
    select
        decided.*,
        -- The key under which the offer left in our list.
        upper(substr(sha256(
            concat_ws(chr(31), cast(wave_on as varchar), decided.campaign_id, promised_to_id, decided.offer_id)
        ), 1, 24)) as offer_key,
        returned.assignment_id
    from decided
    left join (
        select customer_id, wave_id, offer_id, min(assignment_id) as assignment_id from logged group by all
    ) as returned
        on decided.customer_id = returned.customer_id
        and decided.wave_id = returned.wave_id
        and decided.offer_id = returned.offer_id
),
elsewhere as (
    select
        customer_id,
        'other:' || assignment_id as contact_id,
        customer_id as promised_to_id,
        campaign_id,
        wave_id,
        assigned_on as wave_on,
        assigned_on as contact_on,
        offer_id,
        channel,
        valid_from,
        valid_until,
        assignment_id as offer_key,
        assignment_id
    from logged
    -- Our own waves come back in the shop's log: what we decided stands.
    anti join decided on logged.customer_id = decided.customer_id and logged.wave_id = decided.wave_id
),
sent as (
    select *, true as is_own from own
    union all by name
    select *, false as is_own from elsewhere
)
select * from sent
order by customer_id, contact_on, contact_id
