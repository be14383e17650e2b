-- outcomes.fairness_count: one row per attribute by which offers are audited, and value: who could get offers, got and used them.
with nights as (
    select * from offers.decision_history
    where business_date <= $business_date and date_diff('day', business_date, $business_date) < $models_horizon_days
),
people as (
    select
        coalesce(links.customer_id, nights.customer_id) as customer_id,
        -- Whom a lot left alone could get no offer, whatever their attribute: lots are blind to it.
        bool_or(nights.group_name in ('explore', 'pilot', 'choose') and nights.reason <> 'no_candidate') as is_eligible,
        bool_or(nights.offer_id is not null) as is_offered,
        count(catalogue.customer_value_minor) as valued_count,
        cast(coalesce(sum(catalogue.customer_value_minor), 0) as bigint) as value_minor
    from nights
    left join core.person_link as links on nights.customer_id = links.record_id
    left join offers.catalogue as catalogue on nights.offer_id = catalogue.offer_id
    group by 1
),
-- Promises whose last day, and the days on which their redemptions may still arrive, have passed.
promises as (
    select
        customer_id,
        count(*) as ended_count,
        count(redeemed_at) as redeemed_count
    from outcomes.promise
    where
        is_own
        and withdrawn_on is null
        and date_diff('day', valid_until, $business_date) > $ledger_grace_days
        and date_diff('day', valid_until, $business_date) <= $models_evidence_days
    group by customer_id
)
select
    audited.attribute,
    audited.value,
    count(*) as customer_count,
    count(*) filter (where people.is_eligible) as eligible_count,
    count(*) filter (where people.is_offered) as offered_count,
    cast(coalesce(sum(people.valued_count), 0) as bigint) as valued_count,
    cast(coalesce(sum(people.value_minor), 0) as bigint) as value_minor,
    cast(coalesce(sum(promises.ended_count), 0) as bigint) as ended_count,
    cast(coalesce(sum(promises.redeemed_count), 0) as bigint) as redeemed_count
from outcomes.audit_attribute as audited
left join people on audited.customer_id = people.customer_id
left join promises on audited.customer_id = promises.customer_id
group by audited.attribute, audited.value
order by audited.attribute, audited.value
