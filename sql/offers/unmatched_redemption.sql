-- offers.unmatched_redemption: one row per redemption that came lately and that no single open promise of ours stands behind.
with redemptions as (
    select * from core.redemption where redeemed_at < $as_of and arrived_on <= $business_date
),
withdrawn as (
    select reservation_id, min(business_date) as withdrawn_on from offers.ledger_entry
    where
        business_date <= $business_date
        and redemption_id is null
        and (kind = 'reverse' or reason = 'withdrawn')
    group by reservation_id
),
promises as (
    select
        reservation.reservation_id,
        coalesce(person.customer_id, reservation.customer_id) as customer_id,
        reservation.offer_id,
        reservation.valid_from,
        reservation.valid_until,
        reservation.business_date,
        reservation.attempt,
        withdrawn.withdrawn_on,
        'ours' as standing
    from offers.reservation as reservation
    left join core.person_link as person on reservation.customer_id = person.record_id
    left join withdrawn on reservation.reservation_id = withdrawn.reservation_id
    where reservation.business_date < $business_date
),
assigned as (
    select
        cast(null as varchar) as reservation_id,
        customer_id,
        offer_id,
        coalesce(valid_from, assigned_on) as valid_from,
        coalesce(valid_until, date '9999-12-31') as valid_until,
        assigned_on as business_date,
        0 as attempt,
        cast(null as date) as withdrawn_on,
        'elsewhere' as standing
    from core.offer_assignment
    where offer_id is not null and assigned_at < $as_of and arrived_on <= $business_date
),
given as (
    select * from promises
    union all
    select * from assigned
),
known as (
    select offer_id from given
    union
    select offer_id from offers.catalogue
),
matches as (
    select
        redemptions.redemption_id,
        redemptions.redeemed_at,
        given.reservation_id,
        given.valid_from,
        given.valid_until,
        given.business_date,
        given.attempt,
        case
            when redemptions.redeemed_on > given.valid_until then 'after_validity'
            when redemptions.redeemed_on < given.valid_from then 'before_validity'
            -- The customer is told on the morning after.
            when redemptions.redeemed_on > given.withdrawn_on then 'withdrawn'
            else given.standing
        end as standing
    from redemptions
    inner join given on redemptions.customer_id = given.customer_id and redemptions.offer_id = given.offer_id
),
nearest as (
    -- As the ledger matches: the latest promise that counted on the day. One that did not says how far off it was.
    select * from matches
    qualify row_number() over (
        partition by redemption_id
        order by
            list_position(['ours', 'withdrawn', 'elsewhere', 'after_validity', 'before_validity'], standing),
            business_date desc,
            attempt desc,
            reservation_id
    ) = 1
),
used as (
    select
        *,
        row_number() over (partition by reservation_id, standing order by redeemed_at, redemption_id) as use_number
    from nearest
),
judged as (
    select
        redemptions.*,
        used.reservation_id,
        used.valid_from,
        nullif(used.valid_until, date '9999-12-31') as valid_until,
        coalesce(used.standing in ('ours', 'withdrawn'), false) as is_booked,
        case
            when used.standing = 'ours' and used.use_number > 1 then 'redeemed_twice'
            when used.standing is not null then used.standing
            when known.offer_id is not null then 'not_offered_to_this_person'
            else 'unknown_offer'
        end as why
    from redemptions
    left join used on redemptions.redemption_id = used.redemption_id
    left join known on redemptions.offer_id = known.offer_id
)
select
    redemption_id,
    customer_id,
    offer_id,
    order_id,
    redeemed_on,
    arrived_on,
    discount_minor,
    why,
    reservation_id,
    valid_from,
    valid_until,
    is_booked
from judged
where
    why <> 'ours'
    and arrived_on > $business_date - cast($ledger_unmatched_days as integer)
    -- Before our first promise counted, every redemption was somebody else's: the first load holds years of them.
    and redeemed_on >= (select min(valid_from) from promises)
order by redeemed_on, redemption_id
