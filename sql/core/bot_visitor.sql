-- core.bot_visitor: one row per visitor and day with more browsing events than a person makes.
select
    visitor_id,
    occurred_on,
    count(*) as event_count
from staging.browsing_events
group by visitor_id, occurred_on
having count(*) > $core_bot_events_per_day
order by visitor_id, occurred_on
