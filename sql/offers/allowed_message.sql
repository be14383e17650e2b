-- offers.allowed_message: one row per message that may leave the house.
select messages.*
from offers.message as messages
-- A withdrawal takes back what was told: it always leaves.
anti join offers.message_verdict as verdicts on messages.offer_key = verdicts.offer_key and messages.offer_status = 'offered'
order by messages.offer_key
