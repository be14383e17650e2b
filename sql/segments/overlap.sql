-- segments.overlap: one row per pair of segments of two families with customers in both; a segment with itself = its size.
select
    one.family || ':' || one.segment as segment_a,
    other.family || ':' || other.segment as segment_b,
    count(*) as customer_count
from segments.membership as one
inner join segments.membership as other on one.customer_id = other.customer_id
group by one.family, one.segment, other.family, other.segment
