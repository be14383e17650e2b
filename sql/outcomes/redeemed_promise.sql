-- outcomes.redeemed_promise: one row per sent offer that was redeemed.
with redemptions as (
    select * from core.redemption where redeemed_at < $as_of and arrived_on <= $business_date
),
sent as (
    select * from offers.sent_offer
),
posted as (
    -- The ledger says which promise of ours a redemption used; the last night's bookings may have been reversed.
    select reservation_id, redemption_id
    from offers.ledger_entry
    where limit_name = 'budget' and redemption_id is not null and business_date <= $business_date
    group by reservation_id, redemption_id
    having sum(case when kind = 'reverse' then -amount else amount end) > 0
),
ours as (
    select sent.offer_key, posted.redemption_id
    from posted
    inner join offers.reservation as reservations on posted.reservation_id = reservations.reservation_id
    inner join sent
        on sent.is_own
        and reservations.business_date = sent.wave_on
        and reservations.customer_id = sent.promised_to_id
        and reservations.offer_id = sent.offer_id
),
elsewhere as (
    select sent.offer_key, redemptions.redemption_id
    from redemptions
    inner join sent
        on redemptions.customer_id = sent.customer_id
        and redemptions.offer_id = sent.offer_id
        and not sent.is_own
        and (
            redemptions.assignment_id = sent.assignment_id
            or (
                redemptions.assignment_id is null
                and redemptions.redeemed_on between coalesce(sent.valid_from, sent.contact_on)
                and coalesce(sent.valid_until, date '9999-12-31')
            )
        )
    anti join ours on redemptions.redemption_id = ours.redemption_id
    qualify row_number() over (
        partition by redemptions.redemption_id order by sent.contact_on desc, sent.offer_key
    ) = 1
),
used as (
    select * from ours
    union all
    select * from elsewhere
)
select
    used.offer_key,
    count(*) as redemption_count,
    min(redemptions.redeemed_at) as redeemed_at,
    min(redemptions.redeemed_on) as redeemed_on,
    cast(sum(redemptions.discount_minor) as bigint) as discount_minor,
    case when count(*) = count(returned.returned_on) then max(returned.returned_on) end as returned_on
from used
inner join redemptions on used.redemption_id = redemptions.redemption_id
left join outcomes.returned_redemption as returned on used.redemption_id = returned.redemption_id
group by used.offer_key
order by used.offer_key
