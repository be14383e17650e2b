-- offers.limit_message: one row per limit of offers.yml and message of the night that it covers, with what the message takes of it.
with limits as (
    select * from offers.written_limit
),
messages as (
    select
        messages.offer_key,
        messages.customer_id,
        messages.campaign_id,
        messages.channel,
        messages.offer_id,
        catalogue.template_id,
        catalogue.funder,
        customers.home_store_id,
        decisions.cost_minor,
        decisions.worst_cost_minor
    from offers.message as messages
    inner join offers.decision as decisions on messages.customer_id = decisions.customer_id
    inner join offers.catalogue as catalogue on messages.offer_id = catalogue.offer_id
    left join core.customer as customers on messages.customer_id = customers.customer_id
    where messages.offer_status = 'offered'
),
facts as (
    select offer_key, 'campaign' as scope_key, campaign_id as scope_value from messages
    union all
    select offer_key, 'channel', channel from messages
    union all
    select offer_key, 'template', template_id from messages
    union all
    select offer_key, 'offer', offer_id from messages
    union all
    select offer_key, 'funder', funder from messages
    union all
    select offer_key, 'store', home_store_id from messages
    union all
    select messages.offer_key, 'segment', memberships.segment
    from messages
    inner join segments.membership as memberships on messages.customer_id = memberships.customer_id
),
covered as (
    select limits.limit_name, facts.offer_key
    from limits
    inner join facts on limits.scope_key = facts.scope_key and limits.scope_value = facts.scope_value
    group by limits.limit_name, limits.scope_count, facts.offer_key
    having count(distinct limits.scope_key) = limits.scope_count
    union all
    select limits.limit_name, messages.offer_key
    from limits
    cross join messages
    where limits.scope_count = 0
)
select distinct
    covered.limit_name,
    covered.offer_key,
    cast(case limits.measure
        when 'count' then 1
        when 'worst' then messages.worst_cost_minor
        else messages.cost_minor
    end as bigint) as amount
from covered
inner join limits on covered.limit_name = limits.limit_name
inner join messages on covered.offer_key = messages.offer_key
order by covered.limit_name, covered.offer_key
