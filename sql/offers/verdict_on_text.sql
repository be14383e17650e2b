-- offers.verdict_on_text: one row per message and rule on what the message says, and to whom, that forbids it.
with messages as (
    select
        messages.*,
        catalogue.is_age_restricted,
        catalogue.is_price_cut,
        customers.birth_date
    from offers.message as messages
    left join offers.catalogue as catalogue on messages.offer_id = catalogue.offer_id
    left join core.customer as customers on messages.customer_id = customers.customer_id
    where messages.offer_status = 'offered'
),
prices as (
    select * from offers.prior_price where not is_borne_out
),
verdicts as (
    -- Who is told tomorrow must be of age tonight; somebody whose age is not known is treated as a minor.
    select
        offer_key,
        'minor' as rule,
        case when birth_date is null then 'the birth date is not known' else 'under 18' end as why
    from messages
    where coalesce(is_age_restricted, true) and coalesce(birth_date + interval 18 year > $business_date, true)
    union all
    select offer_key, 'no_price_notice', 'does not say that its price is personalised'
    from messages
    where $last_check_price_notice and coalesce(is_price_cut, true) and coalesce(trim(price_notice), '') = ''
    union all
    select
        messages.offer_key,
        'prior_price',
        case
            when prices.lowest_minor is null then 'states a former price of which no 30 days are known'
            else 'states a former price of which no 30 days are known, or that was lower: ' || prices.lowest_minor
        end
    from messages
    inner join prices on messages.offer_id = prices.offer_id
)
select offer_key, rule, why
from verdicts
order by offer_key, rule
