-- staging.contacts: one row per address of a customer record, with the address in one comparable form.
with calling_codes as (
    select country, calling_code, trunk_prefix
    from (values
        ('LV', '371', ''), ('LT', '370', '0'), ('EE', '372', ''), ('PL', '48', ''), ('FI', '358', '0'),
        ('SE', '46', '0'), ('DE', '49', '0'), ('GB', '44', '0'), ('US', '1', '1'), ('CA', '1', '1')
    ) as countries (country, calling_code, trunk_prefix)
    where country = $shop_country
),
delivered as (
    select
        *,
        case when _is_history then cast('0001-01-01' as date) else _delivered_on end as arrived_on,
        lower(trim(value)) as text_value,
        regexp_replace(regexp_replace(trim(value), '[^0-9+]', '', 'g'), '^00', '+') as dialled
    from raw.contacts
),
international as (
    -- A number without a country belongs to the shop's country; an unlisted country keeps its national digits.
    select
        delivered.*,
        case
            when starts_with(dialled, '+') then dialled
            when calling_code is null then dialled
            when trunk_prefix <> '' and starts_with(dialled, trunk_prefix)
                then concat('+', calling_code, substring(dialled, length(trunk_prefix) + 1))
            else concat('+', calling_code, dialled)
        end as phone_value
    from delivered
    left join calling_codes on true
)
select
    customer_id,
    kind,
    value,
    -- What cannot be an address compares with nothing.
    case
        when kind = 'email' and text_value like '_%@_%' then text_value
        when kind = 'phone' and length(dialled) >= 7 then phone_value
    end as value_normalised,
    updated_at,
    arrived_on
from international
where arrived_on <= $business_date
qualify row_number() over (partition by customer_id, kind, value order by arrived_on desc, _file desc, _line desc) = 1
order by customer_id, kind, value
