-- features.customer_loyalty: one row per customer registered before as_of who has a tier or points.
select
    customer_id,
    tier,
    coalesce(points_balance, 0) as points_balance
from core.customer
where registered_at < $as_of and (tier is not null or points_balance is not null)
