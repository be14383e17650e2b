-- segments.membership: one row per customer x family of segments the customer is in.
select customer_id, 'rfm' as family, segment, reason from segments.rfm
union all
select customer_id, 'lifecycle' as family, segment, reason from segments.lifecycle
union all
select customer_id, 'cluster' as family, segment, reason from segments.cluster
union all
select customer_id, 'unprofitable' as family, segment, reason from segments.unprofitable
union all
select customer_id, 'strategic' as family, segment, reason from segments.strategic
union all
select customer_id, 'inert' as family, segment, reason from segments.inert
