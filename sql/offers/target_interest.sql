-- offers.target_interest: one row per customer and category or product target of the catalogue, with its strongest reason and its rank.
with strongest as (
    select *
    from offers.target_reason
    qualify row_number() over (
        partition by customer_id, target_kind, target_id
        order by score desc, target_reason
    ) = 1
)
select
    customer_id,
    target_kind,
    target_id,
    target_reason,
    score,
    row_number() over (partition by customer_id order by score desc, target_kind, target_id) as target_rank,
    reason_detail
from strongest
order by customer_id, target_kind, target_id
