-- One row per offer whose code customers show, as Talon.One imports coupons.
select
    messages.code as value,
    -- The last second of the last day, where the shop is.
    strftime(
        (cast(messages.valid_until + 1 as timestamp) at time zone $shop_time_zone) at time zone 'UTC' - interval 1 second,
        '%Y-%m-%dT%H:%M:%SZ'
    ) as expirydate,
    strftime(
        (cast(messages.valid_from as timestamp) at time zone $shop_time_zone) at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ'
    ) as startdate,
    messages.customer_id as recipientintegrationid,
    1 as limitval,
    case messages.kind
        when 'percent' then catalogue.max_discount_minor
        when 'amount' then catalogue.amount_minor
        when 'delivery' then messages.value_minor
    end as discountlimit,
    cast(json_object('offer_key', messages.offer_key, 'offer_id', messages.offer_id) as varchar) as attributes
from channel_message as messages
inner join offers.catalogue as catalogue on messages.offer_id = catalogue.offer_id
where messages.offer_status = $offer_status
order by value
