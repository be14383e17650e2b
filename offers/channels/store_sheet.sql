-- One row per store and offer that counts tomorrow or was just taken back; the store is null for everybody together.
with tonight as (
    select customer_id, offer_id, offer_status, valid_from, valid_until from channel_told
),
earlier as (
    select history.customer_id, history.offer_id, 'offered' as offer_status, history.valid_from, history.valid_until
    from offers.decision_history as history
    anti join offers.withdrawn_promise as withdrawn
        on
            history.customer_id = withdrawn.promised_to_id
            and history.business_date = withdrawn.promised_on
            and history.offer_id = withdrawn.offer_id
    where history.offer_id is not null and history.business_date < $business_date
),
promises as (
    select * from tonight
    union all
    select * from earlier
),
telling as (
    select promises.*, customers.home_store_id
    from promises
    left join core.customer as customers on promises.customer_id = customers.customer_id
    where
        promises.offer_status = 'withdrawn'
        or (promises.valid_from <= $business_date + 1 and promises.valid_until > $business_date)
),
counted as (
    select
        offer_id,
        offer_status,
        home_store_id,
        grouping(home_store_id) as is_everybody,
        count(distinct customer_id) as customer_count,
        min(valid_until) as first_until,
        max(valid_until) as last_until
    from telling
    group by grouping sets ((offer_id, offer_status, home_store_id), (offer_id, offer_status))
),
everybody as (
    select * from counted where is_everybody = 1
),
stores as (
    select store_id from core.store
    union all
    select null
)
-- Every store is told every offer: a customer may come to any of them. Dates are those of all customers.
select
    stores.store_id,
    everybody.offer_id,
    everybody.offer_status,
    case when stores.store_id is null then everybody.customer_count else coalesce(here.customer_count, 0) end as customer_count,
    everybody.first_until,
    everybody.last_until,
    catalogue.kind,
    catalogue.target_name,
    catalogue.depth_pct,
    catalogue.amount_minor,
    catalogue.points,
    catalogue.threshold_minor,
    catalogue.customer_value_minor,
    catalogue.is_age_restricted,
    catalogue.text_en,
    catalogue.text_lv,
    catalogue.text_ru,
    catalogue.use_en,
    catalogue.use_lv,
    catalogue.use_ru,
    catalogue.terms_en,
    catalogue.terms_lv,
    catalogue.terms_ru,
    catalogue.terms_url_en,
    catalogue.terms_url_lv,
    catalogue.terms_url_ru
from everybody
cross join stores
left join counted as here
    on
        here.is_everybody = 0
        and everybody.offer_id = here.offer_id
        and everybody.offer_status = here.offer_status
        and stores.store_id = here.home_store_id
left join offers.catalogue as catalogue on everybody.offer_id = catalogue.offer_id
order by stores.store_id nulls first, everybody.offer_status, customer_count desc, everybody.offer_id
