-- One row per offer whose code customers show, as Voucherify imports vouchers; points are credited, not shown.
with offers as (
    select
        messages.*,
        catalogue.amount_minor,
        catalogue.max_discount_minor,
        catalogue.target_kind,
        catalogue.target_id
    from channel_message as messages
    inner join offers.catalogue as catalogue on messages.offer_id = catalogue.offer_id
    where messages.offer_status = $offer_status and messages.kind <> 'points'
)
select
    code as "Code",
    'DISCOUNT_VOUCHER' as "Voucher Type",
    case kind when 'percent' then depth_pct when 'amount' then amount_minor when 'gift' then 1 else value_minor end as "Value",
    case kind when 'percent' then 'PERCENT' when 'gift' then 'UNIT' else 'AMOUNT' end as "Discount Type",
    campaign_id as "Category",
    strftime(
        (cast(valid_from as timestamp) at time zone $shop_time_zone) at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.000Z'
    ) as "Start Date",
    -- The last second of the last day, where the shop is.
    strftime(
        (cast(valid_until + 1 as timestamp) at time zone $shop_time_zone) at time zone 'UTC' - interval 1 second,
        '%Y-%m-%dT%H:%M:%S.000Z'
    ) as "Expiration Date",
    1 as "Redemption Limit",
    'TRUE' as "Active",
    offer_text as "Additional Info",
    offer_key,
    customer_id,
    offer_id,
    kind,
    coalesce(threshold_minor, 0) as threshold_minor,
    coalesce(max_discount_minor, 0) as max_discount_minor,
    target_kind,
    coalesce(target_id, 'none') as target_id,
    coalesce(how_to_use, 'none') as how_to_use,
    coalesce(terms, 'none') as terms,
    coalesce(terms_url, 'none') as terms_url
from offers
order by "Code"
