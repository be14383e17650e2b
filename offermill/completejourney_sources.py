"""What each source of The Complete Journey is made of: one select per source over the package's tables.

Every select has a total order, so the same package gives the same bytes. Column names are those of expectations/raw/.
"""

ZONE = "America/New_York"
TIME = "'%Y-%m-%dT%H:%M:%SZ'"

# Laws on advertising differ by state; these categories are never put into an offer.
AGE_RESTRICTED = (
    "'BEERS/ALES', 'DOMESTIC WINE', 'IMPORTED WINE', 'MISC WINE', 'LIQUOR', 'CIGARETTES', 'CIGARS', 'TOBACCO OTHER'"
)

CUSTOMERS = f"""
select
    cast(household_id as varchar) as customer_id,
    strftime(min(transaction_timestamp), {TIME}) as registered_at,
    'en' as language,
    'active' as status
from transactions
group by household_id
order by household_id
"""

CONSENTS = f"""
select
    cast(household_id as varchar) as customer_id,
    'post' as channel,
    purpose,
    true as is_granted,
    strftime(min(transaction_timestamp), {TIME}) as recorded_at
from transactions
cross join (values ('offers'), ('profiling')) as purposes (purpose)
group by household_id, purpose
order by household_id, purpose
"""

PRODUCTS = f"""
select
    cast(product_id as varchar) as product_id,
    concat_ws(' ', coalesce(product_type, product_category, department), package_size) as product_name,
    coalesce(trim(regexp_replace(lower(product_category), '[^a-z0-9]+', '-', 'g'), '-'), 'unknown') as category_id,
    coalesce(product_category, 'UNKNOWN') as category_name,
    brand,
    coalesce(product_category in ({AGE_RESTRICTED}), false) or department = 'SPIRITS' as is_age_restricted
from products
order by product_id
"""

STORES = """
select distinct
    cast(store_id as varchar) as store_id,
    concat('Store ', store_id) as store_name,
    'store' as kind
from transactions
order by store_id
"""

ORDERS = f"""
select distinct
    cast(basket_id as varchar) as order_id,
    cast(household_id as varchar) as customer_id,
    cast(store_id as varchar) as store_id,
    'store' as channel,
    strftime(transaction_timestamp, {TIME}) as ordered_at,
    'USD' as currency
from transactions
order by ordered_at, order_id
"""

# Floats of the package are cents to 1e-11; the sum is taken after the cast, so list = net + discount exactly.
ORDER_LINES = """
with lines as (
    select
        *,
        cast(sales_value as decimal(12, 2)) as net_amount,
        cast(retail_disc as decimal(12, 2)) + cast(coupon_match_disc as decimal(12, 2)) as discount
    from transactions
)
select
    cast(basket_id as varchar) as order_id,
    row_number() over (partition by basket_id order by file_row_number) as line_number,
    cast(product_id as varchar) as product_id,
    'sale' as kind,
    quantity,
    net_amount + discount as list_amount,
    discount,
    net_amount,
    case when coupon_match_disc > 0 then 'coupon-match' when retail_disc > 0 then 'loyalty-card' end as promotion_id
from lines
order by file_row_number
"""

OFFER_ASSIGNMENTS = f"""
select
    concat('campaign-', campaign_id, '-', household_id) as assignment_id,
    cast(household_id as varchar) as customer_id,
    concat('campaign-', campaign_id) as campaign_id,
    concat('campaign-', campaign_id) as wave_id,
    concat('campaign-', campaign_id) as arm,
    concat('campaign-', campaign_id) as offer_id,
    'post' as channel,
    1 as propensity,
    false as is_randomised,
    strftime((start_date at time zone '{ZONE}') at time zone 'UTC', {TIME}) as assigned_at,
    cast(start_date as date) as valid_from,
    cast(end_date as date) as valid_until
from campaigns
inner join campaign_descriptions using (campaign_id)
order by campaign_id, household_id
"""

# The basket: best the one with a product of the coupon at a coupon discount, then with such a product, then with any
# coupon discount, then any of that day. A line's discount goes to one redemption only, so that no cent counts twice.
REDEMPTIONS = f"""
with baskets as (
    select
        basket_id,
        household_id,
        transaction_timestamp,
        product_id,
        coupon_disc + coupon_match_disc as line_discount,
        cast((transaction_timestamp at time zone 'UTC') at time zone '{ZONE}' as date) as redeemed_on
    from transactions
),
lines as (
    select
        redemptions.campaign_id,
        redemptions.coupon_upc,
        redemptions.household_id,
        redemptions.redemption_date,
        baskets.basket_id,
        baskets.transaction_timestamp,
        baskets.product_id,
        coupons.product_id is not null as is_of_coupon,
        cast(baskets.line_discount as decimal(12, 2)) as line_discount
    from coupon_redemptions as redemptions
    inner join baskets
        on redemptions.household_id = baskets.household_id and redemptions.redemption_date = baskets.redeemed_on
    left join coupons
        on redemptions.campaign_id = coupons.campaign_id
        and redemptions.coupon_upc = coupons.coupon_upc
        and baskets.product_id = coupons.product_id
),
chosen as (
    select campaign_id, coupon_upc, household_id, redemption_date, basket_id, transaction_timestamp
    from lines
    group by campaign_id, coupon_upc, household_id, redemption_date, basket_id, transaction_timestamp
    qualify row_number() over (
        partition by campaign_id, coupon_upc, household_id, redemption_date
        order by
            bool_or(is_of_coupon and line_discount > 0) desc,
            bool_or(is_of_coupon) desc,
            bool_or(line_discount > 0) desc,
            basket_id
    ) = 1
),
claimed as (
    select distinct on (basket_id, product_id) campaign_id, coupon_upc, household_id, basket_id, line_discount
    from lines
    semi join chosen using (campaign_id, coupon_upc, household_id, redemption_date, basket_id)
    where is_of_coupon
    order by basket_id, product_id, campaign_id, coupon_upc
),
discounts as (
    select campaign_id, coupon_upc, household_id, basket_id, sum(line_discount) as discount
    from claimed
    group by campaign_id, coupon_upc, household_id, basket_id
)
select
    concat_ws('-', 'coupon', campaign_id, coupon_upc, household_id, cast(redemption_date as date)) as redemption_id,
    concat('campaign-', campaign_id, '-', household_id) as assignment_id,
    concat('campaign-', campaign_id) as offer_id,
    cast(household_id as varchar) as customer_id,
    cast(basket_id as varchar) as order_id,
    strftime(transaction_timestamp, {TIME}) as redeemed_at,
    coalesce(discount, cast(0 as decimal(12, 2))) as discount
from chosen
left join discounts using (campaign_id, coupon_upc, household_id, basket_id)
order by redemption_date, household_id, campaign_id, coupon_upc
"""

SOURCES = {
    "customers": ("customers_2017.csv", CUSTOMERS),
    "consents": ("consents_assumed.csv", CONSENTS),
    "products": ("products_2017.csv", PRODUCTS),
    "stores": ("stores_2017.csv", STORES),
    "orders": ("orders_2017.csv", ORDERS),
    "order_lines": ("order_lines_2017.csv", ORDER_LINES),
    "offer_assignments": ("offer_assignments_2017.csv", OFFER_ASSIGNMENTS),
    "redemptions": ("redemptions_2017.csv", REDEMPTIONS),
}
