-- One row per code that no longer counts: the same code again, switched off.
select
    code as "Code",
    'FALSE' as "Active",
    'Withdrawn.' as "Additional Info"
from channel_message
where offer_status = $offer_status and code is not null
order by "Code"
