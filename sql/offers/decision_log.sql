-- offers.decision_log: one row per customer and offer considered; a customer kept from every offer has one row with offer_id '*'.
with decisions as (
    select * from offers.decision
),
considered as (
    select
        customer_id, offer_id, cast(null as varchar) as rules, cast(null as varchar) as reasons, target_reason, reason_detail,
        is_held_back, evidence, effect_minor, effect_error_minor,
        cast(round(effect_minor - 1.96 * effect_error_minor) as bigint) as effect_low_minor,
        cast(round(effect_minor + 1.96 * effect_error_minor) as bigint) as effect_high_minor,
        cost_minor, worst_cost_minor, redeem_chance, baseline_chance, prices, waiting_minor, penalty, score, rooms, offer_propensity,
        is_explorable, is_pilotable, pilot_weight, control_weight, is_choosable, is_chosen, model_id
    from offers.scored_candidate
    union all by name
    select
        customer_id,
        scope as offer_id,
        string_agg(rule, ',' order by rule) as rules,
        string_agg(reason, '; ' order by rule) as reasons,
        0.0 as offer_propensity,
        false as is_explorable,
        false as is_pilotable,
        false as is_choosable,
        false as is_chosen
    from offers.exclusion
    group by customer_id, scope
),
hashes as (
    select max(catalogue_hash) as catalogue_hash from offers.catalogue
)
select
    considered.customer_id,
    considered.offer_id,
    $business_date as business_date,
    decisions.group_name,
    decisions.lot,
    considered.* exclude (customer_id, offer_id, model_id),
    decisions.reason as decision_reason,
    decisions.limit_name as decision_limit,
    decisions.propensity as decision_propensity,
    considered.model_id,
    catalogue.text_en,
    catalogue.text_lv,
    catalogue.text_ru,
    $shop_currency as currency,
    hashes.catalogue_hash
from considered
inner join decisions on considered.customer_id = decisions.customer_id
-- Only what was promised is quoted: three sentences a row would be most of the log.
left join offers.catalogue as catalogue on considered.offer_id = catalogue.offer_id and considered.is_chosen
cross join hashes
order by considered.customer_id, considered.offer_id
