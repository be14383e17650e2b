-- One row per customer whom a voucher is for.
select
    customer_id as "Source_id",
    case when $option_contacts = 'yes' then any_value(nullif(concat_ws(' ', first_name, last_name), '')) end as "Name",
    case when $option_contacts = 'yes' then any_value(email) end as "Email",
    case when $option_contacts = 'yes' then any_value(phone) end as "Phone",
    any_value(language) as language
from channel_message
where offer_status = $offer_status
group by customer_id
order by "Source_id"
