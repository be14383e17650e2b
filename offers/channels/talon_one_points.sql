-- One row per redemption of tonight that earned points and was promised by us, to be credited once.
with posted as (
    -- What the ledger posted stands behind a promise of ours; a redemption without one earns nothing.
    select distinct reservation_id, redemption_id
    from offers.ledger_entry
    where business_date = $business_date and kind = 'post' and limit_name = 'budget' and redemption_id is not null
),
credited as (
    select customer_id, offer_id, credited_on from core.credit
    where kind = 'points' and arrived_on <= $business_date and reversal_reason is distinct from 'mistake'
)
select
    promises.customer_id as customerprofileid,
    catalogue.points as amount,
    'immediate' as startdate,
    'unlimited' as expirydate,
    $option_subledger as subledgerid,
    concat('offermill:', posted.redemption_id) as reason
from posted
inner join offers.reservation as promises on posted.reservation_id = promises.reservation_id
inner join core.redemption as redemptions on posted.redemption_id = redemptions.redemption_id
inner join offers.catalogue as catalogue on promises.offer_id = catalogue.offer_id and catalogue.kind = 'points'
-- Goods that are all back already earn nothing.
anti join outcomes.returned_redemption as returned on posted.redemption_id = returned.redemption_id
-- A till that credits at once has told us so.
anti join credited
    on
        promises.customer_id = credited.customer_id
        and promises.offer_id = credited.offer_id
        and redemptions.redeemed_on <= credited.credited_on
order by reason
