-- One row per customer and segment, with what a marketer asks first; in the order of the lists.
select
    membership.family,
    membership.segment,
    membership.customer_id,
    customer.language,
    customer.home_store_id,
    customer.tier,
    features.days_since_order,
    features.order_count_365_days,
    features.net_minor_365_days,
    features.margin_minor_365_days,
    decision.offer_id,
    membership.reason
from segments.membership as membership
inner join core.customer as customer on membership.customer_id = customer.customer_id
left join features.customer as features on membership.customer_id = features.customer_id
left join offers.decision as decision on membership.customer_id = decision.customer_id
order by membership.family, membership.segment, membership.customer_id
