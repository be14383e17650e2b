-- offers.cost_factor: one row per offer of the catalogue: what its estimated costs are multiplied by from tonight on.
with checks as (
    select * from offers.redemption_check
),
catalogue as (
    select offer_id, max_cost_minor from offers.catalogue
),
tonight as (
    -- One night tells an offer's costs from one kind of evidence.
    select distinct offer_id, evidence from models.offer_effect
),
whole as (
    -- The jump is E[d^2]/E[d]: Var(actual/due) = jump/due.
    select coalesce(
        cast(sum(cast(round(actual_squared) as hugeint)) as double) / nullif(sum(actual_minor), 0),
        (select max(max_cost_minor) from catalogue)
    ) as jump
    from checks
),
waves as (
    -- Every wave picks other people of the same estimates: the ratios of waves differ beyond their redemptions' noise.
    select
        checks.evidence,
        checks.wave_id,
        cast(sum(checks.actual_minor) as double) / sum(checks.due_minor) as ratio,
        1 / (pow($pacing_wave_error, 2) + any_value(whole.jump) / sum(checks.due_minor)) as trust
    from checks
    cross join whole
    group by checks.evidence, checks.wave_id
    having sum(checks.due_minor) > 0
),
rungs as (
    -- A model's costs say nothing of how right the segments' are: each kind of evidence is checked by its own promises.
    -- The less is known, the more the ratio is drawn to 1.
    select
        evidence,
        pow($pacing_prior_error, 2) as prior,
        prior / (prior + 1 / sum(trust order by wave_id)) as weight,
        1 + weight * (sum(trust * ratio order by wave_id) / sum(trust order by wave_id) - 1) as factor
    from waves
    group by evidence
),
by_offer as (
    select
        checks.offer_id,
        checks.evidence,
        checks.wave_id,
        checks.actual_minor / checks.due_minor as ratio,
        1 / (pow($pacing_wave_error, 2) + whole.jump / checks.due_minor) as trust
    from checks
    cross join whole
    where checks.due_minor > 0
),
by_rung as (
    select
        offer_id,
        evidence,
        1 / sum(trust order by wave_id) as noise,
        sum(trust * ratio order by wave_id) / sum(trust order by wave_id) as ratio
    from by_offer
    group by offer_id, evidence
),
offers as (
    select
        offer_id,
        sum(redemption_count) as redemption_count,
        cast(sum(cast(round(actual_squared) as hugeint)) as double) / nullif(sum(actual_minor), 0) as jump
    from checks
    group by offer_id
),
own as (
    -- An offer of its own is drawn to the ratio of all offers of its evidence.
    select
        catalogue.offer_id,
        coalesce(rungs.factor, 1.0) as rung_factor,
        pow($pacing_prior_error, 2) * (1 - coalesce(rungs.weight, 0.0)) as rung_variance,
        pow($pacing_prior_error / 2, 2) as own_prior,
        coalesce(own_prior / (own_prior + by_rung.noise), 0.0) as weight,
        coalesce(by_rung.ratio, rung_factor) as ratio,
        coalesce(offers.redemption_count, 0) as redemption_count,
        offers.jump,
        catalogue.max_cost_minor
    from catalogue
    left join tonight on catalogue.offer_id = tonight.offer_id
    left join rungs on tonight.evidence = rungs.evidence
    left join by_rung on catalogue.offer_id = by_rung.offer_id and tonight.evidence = by_rung.evidence
    left join offers on catalogue.offer_id = offers.offer_id
)
select
    offer_id,
    cast(redemption_count as bigint) as redemption_count,
    least(greatest(rung_factor + weight * (ratio - rung_factor), 1 / $pacing_factor_max), $pacing_factor_max)
        as cost_factor,
    sqrt((rung_variance + own_prior) * (1 - weight)) as cost_factor_error,
    -- Few redemptions say little about the dear ones: then the worst case stands.
    case when redemption_count >= $pacing_redemptions_min then least(jump, max_cost_minor) else max_cost_minor end
        as second_moment_minor
from own
order by offer_id
