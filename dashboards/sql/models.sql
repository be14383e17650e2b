-- name: propensity
-- One row per source of tonight's chances to buy.
select source, model_id, count(*) as customer_count
from models.propensity_score
group by source, model_id
order by source, model_id

-- name: value
-- One row per source of tonight's expected margins.
select source, model_id, count(*) as customer_count
from models.value_score
group by source, model_id
order by source, model_id

-- name: evidence
-- One row per reason why random draws are evidence or not.
select reason, row_count, control_count
from models.evidence_count
order by place

-- name: uplift
-- One row per kind of evidence behind tonight's effects.
select evidence as source, model_id, count(distinct customer_id) as customer_count
from models.offer_effect
group by evidence, model_id
order by evidence, model_id
