-- outcomes.matched_credit: one row per reward credited and not by mistake, with the sent offer that it answers.
with credits as (
    -- What was credited by mistake and taken back was never given; what went back with the goods was.
    select *
    from core.credit
    where credited_at < $as_of and arrived_on <= $business_date and reversal_reason is distinct from 'mistake'
),
sent as (
    select sent_offer.*, redeemed.redeemed_on
    from offers.sent_offer
    left join outcomes.redeemed_promise as redeemed on sent_offer.offer_key = redeemed.offer_key
),
matches as (
    select credits.credit_id, sent.offer_key, sent.redeemed_on
    from credits
    inner join sent
        on credits.customer_id = sent.customer_id
        and (
            credits.assignment_id = sent.offer_key
            or credits.assignment_id = sent.assignment_id
            or (credits.offer_id = sent.offer_id and credits.credited_on >= sent.contact_on)
        )
    -- What the credit names comes first; else the latest offer that had been redeemed by then, else the latest.
    qualify row_number() over (
        partition by credits.credit_id
        order by
            coalesce(credits.assignment_id in (sent.offer_key, sent.assignment_id), false) desc,
            coalesce(sent.redeemed_on <= credits.credited_on, false) desc,
            sent.contact_on desc,
            sent.offer_key
    ) = 1
)
select
    credits.credit_id,
    credits.customer_id,
    credits.assignment_id,
    credits.offer_id,
    matches.offer_key,
    matches.redeemed_on,
    credits.kind,
    credits.points,
    credits.amount_minor,
    credits.credited_at,
    credits.credited_on,
    credits.reversed_on,
    credits.reversal_reason,
    credits.arrived_on,
    case
        when matches.offer_key is not null and credits.reversed_on is null
            then row_number() over (
                partition by matches.offer_key, credits.reversed_on is null order by credits.credited_at, credits.credit_id
            )
    end as credit_number
from credits
left join matches on credits.credit_id = matches.credit_id
order by credits.credit_id
