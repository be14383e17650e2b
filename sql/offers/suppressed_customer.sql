-- offers.suppressed_customer: one row per customer whom nobody may tell anything, because of an address of theirs or their household's.
with watched as (
    select * from offers.watched_key
),
suppressions as (
    select * from offers.suppression_key
)
select
    watched.customer_id,
    suppressions.reason,
    suppressions.said_on,
    split_part(watched.key, ':', 1) as kind,
    watched.is_own
from watched
inner join suppressions on watched.key = suppressions.key
-- An erasure says most of what is left to do; the person's own comes before the household's.
qualify row_number() over (
    partition by watched.customer_id
    order by suppressions.reason <> 'erasure', not watched.is_own, suppressions.reason, watched.key
) = 1
order by watched.customer_id
