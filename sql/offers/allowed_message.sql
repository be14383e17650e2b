-- offers.allowed_message: one row per message that may leave the house.
select messages.*
from offers.message as messages
-- A withdrawal takes back what was told: it always leaves.
anti join offers.message_verdict as verdicts
    on case messages.offer_status when 'offered' then messages.offer_key end = verdicts.offer_key
order by messages.offer_key
