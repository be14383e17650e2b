-- core.survey_answer: one row per answer of a person to one question; what they wrote beside it stays in staging.
with answers as (
    select * from staging.survey_answers
),
links as (
    select * from core.person_link
)
select
    answers.answer_id,
    links.customer_id,
    answers.assignment_id,
    answers.question,
    answers.score,
    answers.answered_at,
    answers.answered_on,
    answers.arrived_on
from answers
inner join links on answers.customer_id = links.record_id
order by links.customer_id, answers.answered_at, answers.answer_id
