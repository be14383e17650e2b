-- offers.redemption_profile: one row per twentieth of an offer's validity, with the share of redemptions made by its end.
with people as (
    select record_id, customer_id from core.person_link
),
waves as (
    select customer_id, offer_id, valid_from, valid_until from core.offer_assignment
    where offer_id is not null and assigned_at < $as_of and arrived_on <= $business_date and valid_until < $business_date
    union
    select people.customer_id, reservation.offer_id, reservation.valid_from, reservation.valid_until
    from offers.reservation as reservation
    inner join people on reservation.customer_id = people.record_id
    where reservation.business_date < $business_date and reservation.valid_until < $business_date
),
redemptions as (
    select * from core.redemption where redeemed_at < $as_of and arrived_on <= $business_date
),
uses as (
    select
        redemptions.redemption_id,
        min(20.0 * (redemptions.redeemed_on - waves.valid_from) / (waves.valid_until - waves.valid_from + 1)) as begins,
        min(20.0 * (redemptions.redeemed_on - waves.valid_from + 1) / (waves.valid_until - waves.valid_from + 1)) as ends
    from redemptions
    inner join waves
        on redemptions.customer_id = waves.customer_id
        and redemptions.offer_id = waves.offer_id
        and redemptions.redeemed_on between waves.valid_from and waves.valid_until
    group by redemptions.redemption_id
),
counts as (
    -- A day may lie in two twentieths: its redemptions are spread evenly over it.
    select
        steps.twentieth,
        coalesce(sum(
            (least(steps.twentieth, uses.ends) - greatest(steps.twentieth - 1, uses.begins)) / (uses.ends - uses.begins)
        ), 0) as redemption_count
    from (select unnest(range(1, 21)) as twentieth) as steps
    left join uses on steps.twentieth > uses.begins and steps.twentieth - 1 < uses.ends
    group by steps.twentieth
)
select
    cast(twentieth as integer) as twentieth,
    cast(redemption_count as double) as redemption_count,
    -- 40 redemptions spread evenly stand for what is not known yet.
    cast(
        (sum(redemption_count) over (order by twentieth) + 2 * twentieth) / (sum(redemption_count) over () + 40) as double
    ) as redeemed_share
from counts
order by twentieth
