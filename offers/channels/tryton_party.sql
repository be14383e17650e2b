-- One row per customer with an offer: a party, the city of their store as the address, and one way to reach them.
select
    messages.customer_id as code,
    coalesce(nullif(trim(concat_ws(' ', messages.first_name, messages.last_name)), ''), messages.customer_id) as name,
    coalesce(stores.city, $shop_country) as "addresses/city",
    case when messages.email is not null then 'email' when messages.phone is not null then 'phone' else 'other' end
        as "contact_mechanisms/type",
    coalesce(messages.email, messages.phone, messages.customer_id) as "contact_mechanisms/value"
from channel_message as messages
left join core.store as stores on messages.home_store_id = stores.store_id
where messages.offer_status = $offer_status
order by code
