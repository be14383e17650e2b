-- offers.prior_price: one row per offer and language whose text or terms state a former price, and whether prices of 30 days bear it out.
with texts as (
    select offer_id, target_kind, target_id, 'en' as language, lower(concat_ws(' ', text_en, terms_en)) as said from offers.catalogue
    union all
    select offer_id, target_kind, target_id, 'lv', lower(concat_ws(' ', text_lv, terms_lv)) from offers.catalogue
    union all
    select offer_id, target_kind, target_id, 'ru', lower(concat_ws(' ', text_ru, terms_ru)) from offers.catalogue
),
found as (
    select
        *,
        -- Words for a former price with a number soon after them (in Latvian also one before them), or one struck through.
        coalesce(
            nullif(regexp_extract(said, '(?:^|[^\pL])(?:was|were|previously|formerly|originally|instead of|rrp|(?:old|former|usual|regular|normal|original|list|previous) price)[^\pL0-9][^0-9.!?]{0,25}([0-9][0-9\s\x{A0}\x{202F}.,]*)', 1), ''),
            nullif(regexp_extract(said, '(?:^|[^\pL])(?:iepriekš|agrāk|nevis|bija|(?:vec|parast|iepriekšēj|sākotnēj|standart|cenrāž)\pL* cen\pL*)[^\pL0-9][^0-9.!?]{0,25}([0-9][0-9\s\x{A0}\x{202F}.,]*)', 1), ''),
            nullif(regexp_extract(said, '([0-9][0-9\s\x{A0}\x{202F}.,]*)[^0-9.!?]{0,8} vietā(?:$|[^\pL])', 1), ''),
            nullif(regexp_extract(said, '(?:^|[^\pL])(?:раньше|ранее|прежде|вместо|был[аои]?|(?:стар|прежн|обычн|первоначальн)\pL* цен\pL*)[^\pL0-9][^0-9.!?]{0,25}([0-9][0-9\s\x{A0}\x{202F}.,]*)', 1), ''),
            case when contains(said, chr(822)) then '0' end
        ) as written
    from texts
),
plain as (
    select
        *,
        -- 1.234,50 and 1,234.50 and 1 234,50 are 1234.50.
        regexp_replace(
            rtrim(replace(regexp_replace(written, '[^0-9.,]', '', 'g'), ',', '.'), '.'), '^([0-9]+)\.([0-9]{3}\.)', '\1\2'
        ) as number
    from found
    where written is not null
),
stated as (
    select
        *,
        -- 1.234 may be either, so it is none.
        case when not regexp_matches(number, '\.[0-9]{3}$')
            then try_cast(number as decimal(18, 4)) * cast(power(10, $shop_currency_digits) as bigint)
        end as stated_minor
    from plain
),
prices as (
    -- What somebody paid for a unit, personal discounts included: nothing lower was asked.
    select
        product_id,
        min(net_minor / quantity) filter (where ordered_on > $business_date - 30) as lowest_minor,
        min(ordered_on) as first_on
    from core.purchase_line
    where kind = 'sale' and quantity > 0 and ordered_at < $as_of and arrived_on <= $business_date
    group by product_id
)
select
    stated.offer_id,
    stated.language,
    cast(floor(prices.lowest_minor) as bigint) as lowest_minor,
    coalesce(
        prices.first_on <= $business_date - 30
        and stated.stated_minor > 0
        and stated.stated_minor <= prices.lowest_minor,
        false
    ) as is_borne_out
from stated
left join prices on stated.target_kind = 'product' and stated.target_id = prices.product_id
order by stated.offer_id, stated.language
