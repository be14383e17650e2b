-- One row per set of addresses in tonight's audience that its people allow to be matched, never an address without consent.
with refused as (
    -- Said since the night was loaded; who may be told nothing at all is in no message.
    select
        customer_id,
        bool_or(channel in ('email', 'ads:email')) as is_email,
        bool_or(channel in ('sms', 'ads:sms')) as is_phone
    from offers.last_word
    group by customer_id
),
permitted as (
    select
        case when permissions.may_match_email and not coalesce(refused.is_email, false) then messages.email end as email,
        case when permissions.may_match_phone and not coalesce(refused.is_phone, false) then messages.phone end as phone,
        messages.first_name,
        messages.last_name
    from channel_told as messages
    inner join offers.ad_permission as permissions on messages.customer_id = permissions.customer_id
    left join refused on messages.customer_id = refused.customer_id
    where messages.offer_status = 'offered'
),
named as (
    -- A name without an address finds nobody, so it goes only beside one, and only when the shop says so.
    select
        email,
        phone,
        case when $with_names then first_name end as first_name,
        case when $with_names then last_name end as last_name,
        case when $with_names then $shop_country end as country
    from permitted
    where email is not null or phone is not null
)
select distinct email, phone, first_name, last_name, country
from named
-- In an order that says nothing of the addresses, which would stand in the alphabet's otherwise.
order by sha256(concat_ws(chr(31), coalesce(email, ''), coalesce(phone, ''), first_name, last_name)), email, phone
