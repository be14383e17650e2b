-- offers.withdrawn_promise: one row per promise of an earlier night that the shop took back while it counted.
with promises as (
    select
        reservation.*,
        coalesce(person.customer_id, reservation.customer_id) as person_id
    from offers.reservation as reservation
    left join core.person_link as person on reservation.customer_id = person.record_id
    where reservation.business_date < $business_date
    -- Of several decisions of one night the last.
    qualify row_number() over (
        partition by reservation.business_date, reservation.customer_id, reservation.offer_id
        order by reservation.attempt desc
    ) = 1
),
wishes as (
    select * from core.withdrawal where arrived_on <= $business_date
)
select
    promises.reservation_id,
    promises.person_id as customer_id,
    promises.customer_id as promised_to_id,
    promises.offer_id,
    promises.template_id,
    promises.campaign_id,
    promises.wave_id,
    promises.business_date as promised_on,
    promises.valid_until,
    wishes.arrived_on as withdrawn_on,
    wishes.withdrawal_id,
    wishes.reason
from promises
inner join wishes
    on (promises.person_id = wishes.customer_id or promises.customer_id = wishes.customer_id)
    and promises.offer_id = coalesce(wishes.offer_id, promises.offer_id)
    and promises.business_date < wishes.arrived_on
    and promises.valid_until >= wishes.arrived_on
qualify row_number() over (partition by promises.reservation_id order by wishes.arrived_on, wishes.withdrawal_id) = 1
order by promises.reservation_id
