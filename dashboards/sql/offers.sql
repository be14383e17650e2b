-- name: offers
-- One row per offer of the catalogue with candidates, decisions and expected effect.
with candidates as (
    select offer_id, count(*) as candidate_count from offers.candidate group by offer_id
),
decisions as (
    select
        offer_id,
        count(*) filter (where group_name = 'choose') as chosen_count,
        count(*) filter (where group_name = 'explore') as explored_count,
        count(*) filter (where group_name = 'pilot') as piloted_count,
        cast(sum(cost_minor) as bigint) as cost_minor,
        cast(sum(worst_cost_minor) as bigint) as worst_cost_minor,
        cast(sum(value_minor) as bigint) as value_minor
    from offers.decision
    where offer_id is not null
    group by offer_id
)
select
    catalogue.offer_id,
    catalogue.campaign_id,
    catalogue.kind,
    catalogue.text_en,
    catalogue.text_lv,
    catalogue.text_ru,
    catalogue.valid_from,
    catalogue.valid_until,
    catalogue.customer_value_minor,
    coalesce(candidates.candidate_count, 0) as candidate_count,
    coalesce(decisions.chosen_count, 0) as chosen_count,
    coalesce(decisions.explored_count, 0) as explored_count,
    coalesce(decisions.piloted_count, 0) as piloted_count,
    coalesce(decisions.cost_minor, 0) as cost_minor,
    coalesce(decisions.worst_cost_minor, 0) as worst_cost_minor,
    decisions.value_minor
from offers.catalogue as catalogue
left join candidates on catalogue.offer_id = candidates.offer_id
left join decisions on catalogue.offer_id = decisions.offer_id
order by
    coalesce(decisions.chosen_count, 0) + coalesce(decisions.explored_count, 0) + coalesce(decisions.piloted_count, 0) desc,
    catalogue.offer_id

-- name: effects
-- One row per offer with an estimate: its effect over all customers it was estimated for.
select
    offer_id,
    count(*) as customer_count,
    avg(effect_minor) as effect_minor_mean,
    quantile_cont(effect_minor, 0.1) as effect_minor_low,
    quantile_cont(effect_minor, 0.9) as effect_minor_high,
    count(*) filter (where effect_minor > 0) / count(*) as positive_share
from models.offer_effect
group by offer_id
order by offer_id

-- name: exclusions
-- One row per rule with the customers it keeps from every offer, or from at least one.
select
    rule,
    offer_id is null as is_total,
    count(distinct customer_id) as customer_count,
    count(*) as case_count
from offers.exclusion
group by rule, offer_id is null
order by is_total desc, customer_count desc, rule

-- name: left_out
-- One row per rule that leaves people out, with what that saves.
select
    rule,
    is_total,
    customer_count,
    alone_count,
    estimated_count,
    kept_count,
    saved_cost_minor,
    forgone_margin_minor
from offers.left_out
order by is_total desc, customer_count desc, rule

-- name: fairness
-- One row per audited attribute and value: how offers treat its people.
select
    attribute,
    value,
    customer_count,
    eligible_count,
    offered_count,
    offered_share,
    offered_low,
    offered_high,
    offered_ratio,
    offered_value_minor,
    ended_count,
    redeemed_count,
    redeemed_share,
    redeemed_low,
    redeemed_high,
    treated_count,
    control_count,
    incremental_margin_minor,
    incremental_margin_low_minor,
    incremental_margin_high_minor,
    problem,
    problem_parts
from outcomes.fairness
order by attribute, value
