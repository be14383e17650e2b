-- offers.verdict_on_address: one row per message whose address is in another arm too: held back by lot, or with another offer.
with messages as (
    select * from offers.message where offer_status = 'offered'
),
addresses as (
    select distinct customer_id, key
    from offers.address_key
    where starts_with(key, 'email:') or starts_with(key, 'phone:')
),
arms as (
    select
        decisions.customer_id,
        case when decisions.offer_id is null then 'control' else 'offer' end as arm
    from offers.decision as decisions
    where decisions.offer_id is not null or decisions.group_name in ('global_control', 'control', 'pilot')
),
neighbours as (
    select distinct
        messages.offer_key,
        arms.customer_id as other_id,
        arms.arm
    from messages
    inner join addresses on messages.customer_id = addresses.customer_id
    inner join addresses as others on addresses.key = others.key and addresses.customer_id <> others.customer_id
    inner join arms on others.customer_id = arms.customer_id
    -- Of two offers to one address the first leaves.
    where arms.arm = 'control' or arms.customer_id < messages.customer_id
)
select
    offer_key,
    case arm when 'control' then 'address_in_control' else 'address_has_offer' end as rule,
    case arm
        when 'control' then 'an address of the customer is in the control group, as ' || min(other_id)
        else 'an address of the customer gets an offer already, as ' || min(other_id)
    end as why
from neighbours
group by offer_key, arm
order by offer_key, rule
