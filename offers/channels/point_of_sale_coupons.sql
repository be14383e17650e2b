-- One row per offer whose code a till takes, with its whole rule.
select
    messages.code,
    'active' as status,
    messages.kind,
    case messages.kind
        when 'percent' then messages.depth_pct
        when 'points' then catalogue.points
        when 'gift' then 1
        else coalesce(catalogue.amount_minor, messages.value_minor)
    end as value,
    case messages.kind when 'percent' then 'percent' when 'points' then 'points' when 'gift' then 'piece' else 'minor' end as unit,
    coalesce(messages.threshold_minor, 0) as threshold_minor,
    coalesce(catalogue.max_discount_minor, 0) as max_discount_minor,
    catalogue.target_kind,
    coalesce(catalogue.target_id, 'none') as target_id,
    messages.valid_from,
    messages.valid_until,
    1 as uses,
    messages.customer_id,
    messages.offer_id,
    messages.offer_text,
    coalesce(messages.how_to_use, 'none') as how_to_use,
    coalesce(messages.terms, 'none') as terms,
    coalesce(messages.terms_url, 'none') as terms_url
from channel_message as messages
inner join offers.catalogue as catalogue on messages.offer_id = catalogue.offer_id
where messages.offer_status = $offer_status
order by messages.code
