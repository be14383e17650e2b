-- outcomes.promise: one row per offer sent, with the first moment at which it reached each stage up to the credit.
with sent as (
    -- Only our own promises have a night here. As a part of the key it is hashed; a condition on one side would not be.
    select *, case when is_own then wave_on end as own_wave_on from offers.sent_offer
),
reservations as (
    -- Of several decisions of one night the last.
    select * from offers.reservation
    where business_date < $business_date
    qualify row_number() over (partition by business_date, customer_id, offer_id order by attempt desc) = 1
),
withdrawals as (
    select promised_on, promised_to_id, offer_id, min(withdrawn_on) as withdrawn_on
    from offers.withdrawn_promise
    group by promised_on, promised_to_id, offer_id
),
credits as (
    select
        offer_key,
        min(credited_at) as credited_at,
        min(credited_on) as credited_on,
        -- What went back with the goods was given once: nothing is owed, and nothing is left of it.
        cast(coalesce(sum(amount_minor) filter (where reversed_on is null), 0) as bigint) as credited_minor,
        bool_or(kind = 'points') and bool_and(reversed_on is null) as is_counted
    from outcomes.matched_credit
    where offer_key is not null
    group by offer_key
),
kinds as (
    -- An offer of a wave run elsewhere, or of a template that is gone, is known only by tonight's catalogue.
    select
        sent.*,
        reservations.reservation_id,
        withdrawals.withdrawn_on,
        catalogue.kind,
        case
            when reservations.reservation_id is not null then reservations.fixed_cost_minor is not null
            else catalogue.kind in ('points', 'gift', 'delivery')
        end as needs_credit,
        -- Points are promised at what they cost; what a gift or a delivery is worth to the customer is more than that.
        case
            when catalogue.kind in ('gift', 'delivery') then catalogue.customer_value_minor
            else coalesce(reservations.fixed_cost_minor, catalogue.customer_value_minor)
        end as reward_minor
    from sent
    left join reservations
        on sent.own_wave_on = reservations.business_date
        and sent.promised_to_id = reservations.customer_id
        and sent.offer_id = reservations.offer_id
    left join withdrawals
        on sent.own_wave_on = withdrawals.promised_on
        and sent.promised_to_id = withdrawals.promised_to_id
        and sent.offer_id = withdrawals.offer_id
    left join offers.catalogue as catalogue on sent.offer_id = catalogue.offer_id
)
select
    kinds.offer_key,
    kinds.customer_id,
    kinds.promised_to_id,
    kinds.campaign_id,
    kinds.wave_id,
    kinds.wave_on,
    kinds.is_own,
    kinds.offer_id,
    coalesce(kinds.channel, 'unknown') as channel,
    kinds.valid_from,
    kinds.valid_until,
    kinds.reservation_id,
    kinds.withdrawn_on,
    kinds.contact_on as offered_on,
    answers.accepted_at,
    answers.rejected_at,
    answers.delivered_at,
    answers.bounced_at,
    answers.opened_at,
    answers.clicked_at,
    answers.failure_reason,
    redeemed.redeemed_at,
    redeemed.redeemed_on,
    redeemed.discount_minor,
    redeemed.returned_on,
    kinds.needs_credit,
    case when kinds.needs_credit then kinds.reward_minor end as promised_minor,
    -- Money off is credited at the till, in the same moment.
    coalesce(credits.credited_at, case when not kinds.needs_credit then redeemed.redeemed_at end) as credited_at,
    coalesce(credits.credited_on, case when not kinds.needs_credit then redeemed.redeemed_on end) as credited_on,
    coalesce(credits.credited_minor, case when not kinds.needs_credit then redeemed.discount_minor end) as credited_minor,
    -- Of points each one counts; a gift or a delivery was given or not.
    coalesce(kinds.needs_credit and credits.is_counted and credits.credited_minor < kinds.reward_minor, false)
        as is_credited_in_part
from kinds
left join offers.contact_answer as answers on kinds.offer_key = answers.offer_key
left join outcomes.redeemed_promise as redeemed on kinds.offer_key = redeemed.offer_key
left join credits on kinds.offer_key = credits.offer_key
order by kinds.offer_key
