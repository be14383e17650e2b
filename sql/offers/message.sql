-- offers.message: one row per offer that leaves tonight and per earlier offer of which channels must be told that it ended.
with notices as (
    -- The duty to say that a price was made for one person (EU 2011/83, article 6(1)(ea)); only a lower price is a price.
    -- The English one has GSM-7's letters only; the others' need UCS-2.
    select language, notice
    from (values
        ('en', 'The price is personalised on the basis of automated decision-making.'),
        ('lv', 'Cena ir personalizēta, pamatojoties uz automatizētu lēmumu pieņemšanu.'),
        ('ru', 'Цена персонализирована на основе автоматизированного принятия решений.')
    ) as texts (language, notice)
),
told as (
    -- What is said of an offer, per language.
    select offer_id, 'en' as language, text_en as offer_text, use_en as how_to_use, terms_en as terms, terms_url_en as terms_url
    from offers.catalogue
    union all
    select offer_id, 'lv', text_lv, use_lv, terms_lv, terms_url_lv from offers.catalogue
    union all
    select offer_id, 'ru', text_ru, use_ru, terms_ru, terms_url_ru from offers.catalogue
),
signs as (
    -- What a telephone can write otherwise, and the letters of GSM-7.
    select
        chr(160) || chr(8239) || '“”„«»‘’–—' as printed,
        '  """""''''--' as plain,
        '[A-Za-z0-9 @£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!"#¤%&''()*+,\-./:;<=>?¡ÄÖÑÜ§¿äöñüà\f^{}\\\[~\]|€]*' as gsm_letters
),
plain_texts as (
    select
        told.*,
        signs.gsm_letters,
        translate(replace(told.offer_text, '…', '...'), signs.printed, signs.plain) as plain_offer_text,
        translate(replace(told.how_to_use, '…', '...'), signs.printed, signs.plain) as plain_how_to_use,
        translate(replace(told.terms, '…', '...'), signs.printed, signs.plain) as plain_terms
    from told
    cross join signs
),
sayable as (
    -- What has no other letters is kept in GSM-7 (160 signs a part and not 70); other letters need UCS-2 anyway.
    select
        *,
        case when regexp_full_match(plain_offer_text, gsm_letters) then plain_offer_text else offer_text end
            as sms_offer_text,
        case when regexp_full_match(plain_how_to_use, gsm_letters) then plain_how_to_use else how_to_use end
            as sms_how_to_use,
        case when regexp_full_match(plain_terms, gsm_letters) then plain_terms else terms end as sms_terms
    from plain_texts
),
promises as (
    -- Of several decisions of one night the last stands in the history.
    select business_date, customer_id, offer_id, channel, code, valid_from
    from offers.decision_history
    where offer_id is not null and business_date < $business_date
),
offered as (
    select
        $business_date as promised_on,
        decisions.customer_id,
        decisions.customer_id as promised_to_id,
        decisions.campaign_id,
        decisions.wave_id,
        decisions.offer_id,
        'offered' as offer_status,
        decisions.channel,
        case
            when addressees.language = 'lv' and catalogue.text_lv is not null then 'lv'
            when addressees.language = 'ru' and catalogue.text_ru is not null then 'ru'
            else 'en'
        end as language,
        catalogue.customer_value_minor as value_minor,
        catalogue.kind,
        catalogue.depth_pct,
        catalogue.threshold_minor,
        catalogue.is_price_cut,
        decisions.valid_from,
        decisions.valid_until,
        decisions.code
    from offers.decision as decisions
    inner join offers.catalogue as catalogue on decisions.offer_id = catalogue.offer_id
    inner join offers.addressee as addressees on decisions.customer_id = addressees.customer_id
),
withdrawn as (
    -- The text is gone with the offer; its code stays, so that tills can refuse it.
    select
        withdrawals.promised_on,
        withdrawals.customer_id,
        withdrawals.promised_to_id,
        withdrawals.campaign_id,
        withdrawals.wave_id,
        withdrawals.offer_id,
        'withdrawn' as offer_status,
        promises.channel,
        least(promises.valid_from, withdrawals.withdrawn_on) as valid_from,
        withdrawals.withdrawn_on as valid_until,
        promises.code
    from offers.withdrawn_promise as withdrawals
    left join promises
        on withdrawals.promised_on = promises.business_date
        and withdrawals.promised_to_id = promises.customer_id
        and withdrawals.offer_id = promises.offer_id
    -- Told every night until it would have ended: a list that was not imported loses nothing.
    where withdrawals.valid_until > $business_date
),
leaving as (
    select * from offered
    union all by name
    select * from withdrawn
)
select
    -- The same person, offer and night always get the same key, and no other gets it.
    upper(substr(sha256(
        concat_ws(
            chr(31), cast(leaving.promised_on as varchar), leaving.campaign_id, leaving.promised_to_id, leaving.offer_id
        )
    ), 1, 24)) as offer_key,
    leaving.promised_to_id as customer_id,
    leaving.campaign_id,
    leaving.wave_id,
    leaving.offer_id,
    leaving.offer_status,
    leaving.channel,
    coalesce(leaving.language, addressees.language) as language,
    case when leaving.channel = 'sms' then sayable.sms_offer_text else sayable.offer_text end as offer_text,
    leaving.value_minor,
    leaving.kind,
    leaving.depth_pct,
    leaving.threshold_minor,
    leaving.valid_from,
    leaving.valid_until,
    leaving.code,
    addressees.email,
    addressees.phone,
    addressees.first_name,
    addressees.last_name,
    addressees.home_store_id,
    case when leaving.is_price_cut then notices.notice end as price_notice,
    case when leaving.channel = 'sms' then sayable.sms_how_to_use else sayable.how_to_use end as how_to_use,
    case when leaving.channel = 'sms' then sayable.sms_terms else sayable.terms end as terms,
    sayable.terms_url,
    leaving.promised_on
from leaving
left join offers.addressee as addressees on leaving.customer_id = addressees.customer_id
left join notices on leaving.language = notices.language
-- A withdrawn offer has no language of its own, and says nothing.
left join sayable on leaving.offer_id = sayable.offer_id and leaving.language = sayable.language
order by offer_key
