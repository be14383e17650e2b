-- offers.cost_factor: one row per offer of the catalogue: what its estimated costs are multiplied by from tonight on.
with checks as (
    select * from offers.redemption_check
),
catalogue as (
    select offer_id, max_cost_minor from offers.catalogue
),
whole as (
    select
        cast(coalesce(sum(due_minor), 0) as double) as due_minor,
        cast(coalesce(sum(actual_minor), 0) as double) as actual_minor,
        cast(sum(cast(round(actual_squared) as hugeint)) as double) as actual_squared,
        (select max(max_cost_minor) from catalogue) as dearest_minor
    from checks
),
offers as (
    select
        offer_id,
        cast(sum(due_minor) as double) as due_minor,
        cast(sum(actual_minor) as double) as actual_minor,
        sum(redemption_count) as redemption_count,
        cast(sum(cast(round(actual_squared) as hugeint)) as double) as actual_squared
    from checks
    group by offer_id
),
overall as (
    -- The jump is E[d^2]/E[d]: Var(actual/due) = jump/due. The less is due, the more the ratio is drawn to 1.
    select
        actual_minor / nullif(due_minor, 0) as ratio,
        coalesce(actual_squared / nullif(actual_minor, 0), dearest_minor) as jump,
        pow($pacing_prior_error, 2) as prior,
        case when due_minor > 0 then prior / (prior + jump / due_minor) else 0.0 end as weight,
        1 + weight * (coalesce(ratio, 1) - 1) as factor,
        sqrt(prior * (1 - weight)) as error
    from whole
),
own as (
    -- An offer of its own is drawn to all offers' ratio.
    select
        catalogue.offer_id,
        overall.factor as overall_factor,
        overall.error as overall_error,
        pow($pacing_prior_error / 2, 2) as own_prior,
        case when offers.due_minor > 0 then own_prior / (own_prior + overall.jump / offers.due_minor) else 0.0 end as weight,
        coalesce(offers.actual_minor / nullif(offers.due_minor, 0), overall.factor) as ratio,
        coalesce(offers.redemption_count, 0) as redemption_count,
        offers.actual_squared / nullif(offers.actual_minor, 0) as jump,
        catalogue.max_cost_minor
    from catalogue
    cross join overall
    left join offers on catalogue.offer_id = offers.offer_id
)
select
    offer_id,
    cast(redemption_count as bigint) as redemption_count,
    least(greatest(overall_factor + weight * (ratio - overall_factor), 1 / $pacing_factor_max), $pacing_factor_max)
        as cost_factor,
    sqrt((pow(overall_error, 2) + own_prior) * (1 - weight)) as cost_factor_error,
    -- Few redemptions say little about the dear ones: then the worst case stands.
    case when redemption_count >= $pacing_redemptions_min then least(jump, max_cost_minor) else max_cost_minor end
        as second_moment_minor
from own
order by offer_id
