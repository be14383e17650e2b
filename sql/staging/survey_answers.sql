-- staging.survey_answers: one row per answer to one question that had arrived by the business date.
with dated as (
    select
        *,
        cast((answered_at at time zone 'UTC') at time zone $shop_time_zone as date) as answered_on
    from raw.survey_answers
),
arrived as (
    -- A row of the first load counts as arrived on the day it happened.
    select
        *,
        case when _is_history then answered_on else _delivered_on end as arrived_on
    from dated
)
select
    answer_id,
    customer_id,
    assignment_id,
    question,
    score,
    comment,
    answered_at,
    answered_on,
    arrived_on
from arrived
where arrived_on <= $business_date
