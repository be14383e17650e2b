-- One row per message that a block is told as of this edition, with a hash of everything in it.
with scope as (
    select string_split(nullif($channels, ''), ',') as channels, string_split(nullif($segments, ''), ',') as segments
),
members as (
    select distinct membership.customer_id
    from segments.membership as membership
    cross join scope
    where list_contains(scope.segments, membership.segment)
),
messages as (
    select messages.*
    from offers.allowed_message as messages
    cross join scope
    left join members on messages.customer_id = members.customer_id
    where
        (scope.channels is null or messages.channel is null or list_contains(scope.channels, messages.channel))
        -- The end of an offer is told whatever the segment is by now.
        and (scope.segments is null or messages.offer_status = 'withdrawn' or members.customer_id is not null)
),
gone as (
    -- What an earlier version of tonight told and this one does not: it must be ended explicitly.
    select
        earlier.offer_key,
        earlier.customer_id,
        earlier.campaign_id,
        earlier.wave_id,
        earlier.offer_id,
        'withdrawn' as offer_status,
        earlier.channel,
        earlier.language,
        least(earlier.valid_from, $business_date) as valid_from,
        $business_date as valid_until,
        earlier.code,
        addressees.email,
        addressees.phone,
        addressees.first_name,
        addressees.last_name,
        addressees.home_store_id,
        earlier.promised_on
    from told_before as earlier
    anti join messages on earlier.offer_key = messages.offer_key
    left join offers.addressee as addressees on earlier.customer_id = addressees.customer_id
    where earlier.promised_on = $business_date
),
everything as (
    select * from messages
    union all by name
    select * from gone
),
later as (
    -- The last offer by these channels that stands against an older one being ended.
    select history.customer_id, max(history.business_date) as promised_on
    from offers.decision_history as history
    cross join scope
    where
        history.offer_id is not null
        and history.business_date < $business_date
        and (scope.channels is null or list_contains(scope.channels, history.channel))
    group by history.customer_id
),
placed as (
    select
        everything.*,
        row_number() over (
            partition by everything.customer_id
            order by everything.offer_status = 'offered' desc, everything.promised_on desc, everything.offer_key
        ) as place,
        coalesce(later.promised_on > everything.promised_on, false) as is_outlived
    from everything
    left join later on everything.customer_id = later.customer_id
)
select
    placed.* exclude (place, is_outlived),
    -- A system that keeps one offer per customer is told of the last: an older one must not end a newer one.
    placed.place = 1 and not placed.is_outlived as is_last,
    md5(concat_ws(
        chr(31), placed.offer_status, placed.channel, placed.language, coalesce(placed.offer_text, ''),
        coalesce(cast(placed.value_minor as varchar), ''), placed.valid_from, placed.valid_until, placed.code,
        coalesce(placed.price_notice, ''), coalesce(placed.how_to_use, ''), coalesce(placed.terms, ''),
        coalesce(placed.terms_url, ''), coalesce(placed.email, ''), coalesce(placed.phone, ''),
        coalesce(placed.first_name, ''), coalesce(placed.last_name, ''), coalesce(placed.home_store_id, '')
    )) as message_hash
from placed
