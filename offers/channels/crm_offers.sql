-- One row per customer with an offer tonight, in the order of the CRM list.
with decisions as (
    select decisions.*
    from offers.decision as decisions
    semi join offers.allowed_message as allowed
        on
            decisions.customer_id = allowed.customer_id
            and decisions.offer_id = allowed.offer_id
            and allowed.offer_status = 'offered'
),
texts as (
    select
        decisions.customer_id,
        case
            when customer.language = 'lv' and catalogue.text_lv is not null then 'lv'
            when customer.language = 'ru' and catalogue.text_ru is not null then 'ru'
            else 'en'
        end as language
    from decisions
    inner join offers.catalogue as catalogue on decisions.offer_id = catalogue.offer_id
    inner join core.customer as customer on decisions.customer_id = customer.customer_id
)
select
    -- The same person, offer and night always get the same key, and no other gets it.
    upper(substr(sha256(
        concat_ws(chr(31), cast($business_date as varchar), decisions.campaign_id, decisions.customer_id, decisions.offer_id)
    ), 1, 24)) as offer_key,
    decisions.customer_id,
    decisions.campaign_id,
    decisions.wave_id,
    decisions.offer_id,
    'offered' as offer_status,
    decisions.channel,
    texts.language,
    case texts.language
        when 'lv' then catalogue.text_lv
        when 'ru' then catalogue.text_ru
        else catalogue.text_en
    end as offer_text,
    case texts.language
        when 'lv' then catalogue.use_lv
        when 'ru' then catalogue.use_ru
        else catalogue.use_en
    end as how_to_use,
    case texts.language
        when 'lv' then catalogue.terms_lv
        when 'ru' then catalogue.terms_ru
        else catalogue.terms_en
    end as terms,
    case texts.language
        when 'lv' then catalogue.terms_url_lv
        when 'ru' then catalogue.terms_url_ru
        else catalogue.terms_url_en
    end as terms_url,
    catalogue.customer_value_minor,
    decisions.valid_from,
    decisions.valid_until,
    decisions.code,
    decisions.value_minor,
    decisions.cost_minor,
    decisions.worst_cost_minor
from decisions
inner join texts on decisions.customer_id = texts.customer_id
inner join offers.catalogue as catalogue on decisions.offer_id = catalogue.offer_id
order by decisions.customer_id, decisions.campaign_id, decisions.offer_id
