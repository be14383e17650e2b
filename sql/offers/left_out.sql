-- offers.left_out: one row per rule that keeps people from every offer, or from offers they would want most, with what that saves.
with rules as (
    select customer_id, offer_id, rule from offers.exclusion where offer_id is null or rule in ('inert', 'minor')
),
counts as (
    select rule, bool_and(offer_id is null) as is_total, count(distinct customer_id) as customer_count
    from rules
    group by rule
),
-- Only where nothing else stands in the way does a rule decide. Who is held back by lot would get nothing anyway.
lots as (
    select customer_id from offers.assignment_group where group_name in ('explore', 'pilot', 'choose')
),
alone_in_all as (
    select rules.customer_id, min(rules.rule) as rule
    from rules
    inner join lots on rules.customer_id = lots.customer_id
    where rules.offer_id is null
    group by rules.customer_id
    having count(*) = 1
),
alone_in_offer as (
    select exclusions.customer_id, exclusions.offer_id, min(exclusions.rule) as rule
    from offers.exclusion as exclusions
    inner join lots on exclusions.customer_id = lots.customer_id
    where exclusions.offer_id is not null
    group by exclusions.customer_id, exclusions.offer_id
    having count(*) = 1
),
countable as (
    select * from offers.catalogue where $business_date + 1 between valid_from and valid_until and below_cost_reason is null
),
-- Whom a rule keeps from everything could get a basket offer or one for a target of theirs; the offers' rules on age,
-- history, segments and channels were not read for them, so this is the most that the rule can save.
forgone as (
    select alone_in_all.customer_id, alone_in_all.rule, countable.offer_id, countable.campaign_id
    from alone_in_all
    cross join countable
    left join offers.target_interest as interests
        on alone_in_all.customer_id = interests.customer_id
        and countable.target_kind = interests.target_kind
        and countable.target_id = interests.target_id
    where countable.target_kind = 'basket' or interests.target_rank <= $candidates_targets_per_person
    union all
    select alone_in_offer.customer_id, alone_in_offer.rule, countable.offer_id, countable.campaign_id
    from alone_in_offer
    inner join countable on alone_in_offer.offer_id = countable.offer_id
    where alone_in_offer.rule in ('inert', 'minor')
),
prices as (
    select coalesce(max(shadow_price), 0) as price from offers.allocation_summary
),
scored as (
    select
        forgone.customer_id,
        forgone.rule,
        effects.effect_minor,
        effects.cost_minor,
        effects.effect_minor - prices.price * effects.cost_minor as score
    from forgone
    inner join models.offer_effect as effects
        on forgone.customer_id = effects.customer_id and forgone.offer_id = effects.offer_id
    anti join offers.campaign_control as control
        on forgone.customer_id = control.customer_id and forgone.campaign_id = control.campaign_id
    cross join prices
    qualify row_number() over (
        partition by forgone.customer_id, forgone.rule
        order by score desc, forgone.offer_id
    ) = 1
),
-- Against what the person gets now; nobody is offered what is worth less than its cost at tonight's price.
differences as (
    select
        scored.rule,
        scored.score > greatest(coalesce(decisions.value_minor, 0) - prices.price * decisions.cost_minor, 0) as is_better,
        scored.effect_minor - coalesce(decisions.value_minor, 0) as margin_minor,
        scored.cost_minor - decisions.cost_minor as cost_minor
    from scored
    inner join offers.decision as decisions on scored.customer_id = decisions.customer_id
    cross join prices
),
savings as (
    select
        rule,
        count(*) as estimated_count,
        count(*) filter (where is_better) as kept_count,
        cast(coalesce(sum(cost_minor) filter (where is_better), 0) as bigint) as saved_cost_minor,
        cast(coalesce(sum(margin_minor) filter (where is_better), 0) as bigint) as forgone_margin_minor
    from differences
    group by rule
),
alone as (
    select rule, count(distinct customer_id) as alone_count from forgone group by rule
)
select
    counts.rule,
    counts.is_total,
    counts.customer_count,
    coalesce(alone.alone_count, 0) as alone_count,
    coalesce(savings.estimated_count, 0) as estimated_count,
    savings.kept_count,
    savings.saved_cost_minor,
    savings.forgone_margin_minor
from counts
left join alone on counts.rule = alone.rule
left join savings on counts.rule = savings.rule
order by counts.rule
