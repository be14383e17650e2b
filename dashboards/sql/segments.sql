-- name: portraits
-- One row per segment: its size and what its customers are like.
select
    family,
    segment,
    customer_count,
    customer_share,
    margin_per_customer_minor_365_days,
    contribution_minor_365_days,
    order_count_365_days_mean,
    days_since_order_median,
    web_order_share_90_days,
    discount_share_365_days,
    view_count_30_days_mean,
    description
from segments.portrait
order by family, customer_count desc, segment

-- name: overlap
-- One row per pair of segments of different families with customers in both.
select segment_a, segment_b, customer_count
from segments.overlap
order by segment_a, segment_b

-- name: migration
-- One row per family and move between two segments since the night before.
select family, from_segment, to_segment, customer_count
from segments.migration
where family in ('lifecycle', 'rfm', 'cluster')
order by family, from_segment, to_segment
