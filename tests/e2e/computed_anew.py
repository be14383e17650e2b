"""What pages should say, computed from raw and core tables by SQL that shares nothing with sql/outcomes."""

# One row per person and wave of the waves run elsewhere whose horizon is over: $horizon days from the draw on, and
# $before days back.
PEOPLE = """
    with waves as (
        select wave_id, avg(propensity::double) as kept from core.offer_assignment where offer_id is null group by all
    ),
    lots as (
        select
            drawn.*, waves.kept, drawn.offer_id is not null as is_treated, drawn.assigned_on + $horizon - 1 as last_on,
            (1 - waves.kept) / waves.kept as odds,
            any_value(offers.kind) as kind, any_value(offers.max_cost_minor) as reward_minor
        from core.offer_assignment as drawn
        join waves using (wave_id)
        left join offers.catalogue as offers on offers.offer_id = drawn.offer_id
        where drawn.assigned_on + $horizon - 1 <= $business_date
        group by all
    ),
    lines as (
        select * from core.purchase_line where ordered_at < $as_of and arrived_on <= $business_date
    ),
    orders as (
        select
            order_id, customer_id, any_value(ordered_at) as ordered_at, any_value(ordered_on) as ordered_on,
            sum(net_minor)::bigint as net, sum(margin_minor)::bigint as margin, bool_and(kind = 'return') as is_back
        from lines group by all
    ),
    uses as (
        select lots.assignment_id, count(*) as number, sum(discount_minor)::bigint as off
        from lots join core.redemption as uses
            on uses.customer_id = lots.customer_id and uses.offer_id = lots.offer_id
            and uses.redeemed_at >= lots.assigned_at and uses.redeemed_on <= lots.last_on
        where uses.redeemed_at < $as_of and uses.arrived_on <= $business_date
        group by all
    ),
    late_returns as (
        -- What was bought in the horizon and came back in as many days after it.
        select
            lots.assignment_id,
            sum(back.net_minor)::bigint as net_back, sum(back.margin_minor)::bigint as margin_back
        from lots join lines as back using (customer_id)
        where back.kind = 'return' and back.ordered_on - lots.last_on between 1 and $horizon
            and exists (
                from lines as sold
                where sold.kind = 'sale' and sold.customer_id = lots.customer_id and sold.product_id = back.product_id
                    and sold.ordered_at >= lots.assigned_at and sold.ordered_on <= lots.last_on
            )
        group by all
    ),
    bought as (
        select
            lots.assignment_id,
            count(*) filter (not is_back and ordered_at >= assigned_at) as orders,
            sum(net) filter (ordered_at >= assigned_at) as net_bought,
            sum(margin) filter (ordered_at >= assigned_at) as margin_bought,
            sum(margin) filter (ordered_at < assigned_at) as earlier,
            max(ordered_on) filter (not is_back and ordered_at < assigned_at) as last_order_on
        from lots join orders using (customer_id)
        where ordered_on between assigned_on - $before and last_on
        group by all
    )
    select
        lots.assignment_id, lots.wave_id, lots.offer_id, is_treated, if(is_treated, 1, odds) as weight,
        coalesce(if(kind in ('points', 'gift', 'delivery'), reward_minor * number, off), 0) as cost,
        coalesce(if(kind in ('points', 'gift', 'delivery'), reward_minor * number, 0), 0) as beside,
        coalesce(orders, 0) as orders,
        coalesce(net_bought, 0) + coalesce(net_back, 0) as revenue,
        coalesce(margin_bought, 0) + coalesce(margin_back, 0) - beside as margin,
        margin + cost as gross,
        coalesce(earlier, 0) as earlier,
        coalesce(exp(-(assigned_on - last_order_on) / 28), 0) as lately
    from lots
    left join bought using (assignment_id)
    left join late_returns using (assignment_id)
    left join uses using (assignment_id)
"""

# CUPED of {figure} over {base} (1: per person, orders: per order): the difference of the weighted means less what the
# two covariates explain of it, by the normal equations of a regression of influences on influences.
ADJUSTED = f"""
    with people as ({PEOPLE}),
    means as (
        select
            is_treated, sum(weight) as w, sum(weight) ** 2 / sum(weight * weight) as worth,
            sum(weight * {{figure}}) / sum(weight * {{base}}) as y, sum(weight * {{base}}) / sum(weight) as per,
            sum(weight * earlier) / w as a, sum(weight * lately) / w as b
        from people group by is_treated
    ),
    moves as (
        select
            weight / w * sqrt(worth / (worth - 1)) * if(is_treated, 1, -1) as pull,
            pull * ({{figure}} - y * {{base}}) / per as y, pull * (earlier - a) as a, pull * (lately - b) as b
        from people join means using (is_treated)
    ),
    sums as (
        select sum(y * a) as ya, sum(y * b) as yb, sum(a * a) as aa, sum(a * b) as ab, sum(b * b) as bb from moves
    ),
    gaps as (
        select more.y - less.y as y, more.a - less.a as a, more.b - less.b as b
        from means as more, means as less where more.is_treated and not less.is_treated
    )
    select
        gaps.y as plain,
        gaps.y - gaps.a * (ya * bb - yb * ab) / (aa * bb - ab * ab) - gaps.b * (yb * aa - ya * ab) / (aa * bb - ab * ab)
            as adjusted
    from gaps, sums
"""

# Offers of waves run elsewhere by channel: how many were redeemed, and what became of the rewards. Nothing is owed for
# what was redeemed with goods that are all back.
REWARDS = """
    with known as (
        from core.purchase_line where ordered_at < $as_of and arrived_on <= $business_date
    ),
    kept as (
        select used.redemption_id
        from core.redemption as used
        join known as bought on bought.order_id = used.order_id and bought.kind = 'sale'
        left join known as back on back.customer_id = used.customer_id and back.product_id = bought.product_id
            and back.kind = 'return' and back.ordered_at > bought.ordered_at
        group by used.redemption_id, bought.line_number, bought.quantity
        having bought.quantity > coalesce(-sum(back.quantity), 0)
    ),
    sent as (
        select
            sent.*, offers.kind in ('points', 'gift', 'delivery') as is_reward,
            if(offers.kind = 'points', offers.max_cost_minor, offers.customer_value_minor) as reward_minor,
            exists (
                from core.redemption as used
                where used.customer_id = sent.customer_id and used.offer_id = sent.offer_id
                    and used.redeemed_at < $as_of and used.arrived_on <= $business_date
                    and coalesce(
                        used.assignment_id = sent.assignment_id,
                        used.redeemed_on between coalesce(sent.valid_from, sent.assigned_on) and sent.valid_until
                    )
            ) as is_redeemed,
            exists (
                from core.redemption as used
                where used.customer_id = sent.customer_id and used.offer_id = sent.offer_id
                    and used.redeemed_at < $as_of and used.arrived_on <= $business_date
                    and coalesce(
                        used.assignment_id = sent.assignment_id,
                        used.redeemed_on between coalesce(sent.valid_from, sent.assigned_on) and sent.valid_until
                    )
                    and used.redemption_id in (select redemption_id from kept)
            ) as is_kept,
            exists (
                from core.credit as given
                where given.customer_id = sent.customer_id
                    and given.credited_at < $as_of and given.arrived_on <= $business_date
                    and coalesce(given.assignment_id = sent.assignment_id, given.offer_id = sent.offer_id)
            ) as is_credited
        from core.offer_assignment as sent
        join offers.catalogue as offers using (offer_id)
        where sent.assigned_at < $as_of and sent.arrived_on <= $business_date
    )
    select
        channel,
        count(*) filter (is_redeemed) as redeemed,
        count(*) filter (is_redeemed and (is_credited or not is_reward)) as credited,
        count(*) filter (is_kept and is_reward and not is_credited) as owed,
        coalesce(sum(reward_minor) filter (is_kept and is_reward and not is_credited), 0)::bigint as owed_minor
    from sent group by channel order by channel
"""

# Our own promises that ended, and of how many nothing came; what was withdrawn is no promise.
BROKEN_OFF = """
    select
        count(*) filter (not exists (
            from core.redemption as used
            where used.customer_id = made.customer_id and used.offer_id = made.offer_id
                and used.redeemed_at < $as_of and used.arrived_on <= $business_date
                and used.redeemed_on between made.valid_from and made.valid_until
        )),
        count(*)
    from offers.reservation as made
    where $business_date - valid_until > $grace and $business_date - valid_until <= $evidence
        and not exists (
            from offers.ledger_entry as undone
            where undone.reservation_id = made.reservation_id and undone.redemption_id is null
                and undone.business_date <= $business_date and (undone.kind = 'reverse' or undone.reason = 'withdrawn')
        )
"""

_CONTACTS = """
    with contacts as (
        select customer_id, offer_id, assigned_on as contact_on, valid_until
        from core.offer_assignment as sent
        where offer_id is not null and assigned_at < $as_of and arrived_on <= $business_date
            and not exists (
                from core.receipt as said
                where said.assignment_id = sent.assignment_id and said.status in ('rejected', 'bounced')
                    and said.occurred_at < $as_of and said.arrived_on <= $business_date
            )
        union all
        select customer_id, offer_id, business_date + 1, valid_until
        from offers.decision_history where offer_id is not null and business_date < $business_date
    )
"""
# Contacts whose offer ended, by how many came in the 91 days before, with how many were redeemed.
TIRED = f"""
    {_CONTACTS},
    counted as (
        select
            *,
            (
                select count(*) from contacts as earlier
                where earlier.customer_id = contacts.customer_id
                    and contacts.contact_on - earlier.contact_on between 1 and 91
            ) as earlier_count,
            exists (
                from core.redemption as used
                where used.customer_id = contacts.customer_id and used.offer_id = contacts.offer_id
                    and used.redeemed_at < $as_of and used.arrived_on <= $business_date
                    and used.redeemed_on between contacts.contact_on and contacts.valid_until
            ) as is_redeemed
        from contacts
        where valid_until < $business_date and $business_date - contact_on <= $evidence
    )
    select least(earlier_count, 4), count(*) filter (is_redeemed), count(*) from counted group by 1 order by 1
"""
# Days since the contact of offers that still count.
FRESH = (
    f"{_CONTACTS} select avg($business_date - contact_on), count(*) from contacts where valid_until > $business_date"
)

REPEATED = """
    with known as (
        select customer_id, $business_date - ordered_on as days_ago from core.purchase
        where ordered_at < $as_of and arrived_on <= $business_date and not is_return and customer_id is not null
    ),
    people as (
        select
            customer_id,
            count(*) filter (where days_ago between $start and $start + $days - 1) > 0 as is_back,
            count(*) filter (where days_ago between $start + $days and $start + 2 * $days - 1) > 0 as was_here
        from known group by customer_id
    )
    select count(*) filter (where is_back), count(*) from people where was_here
"""

NEW = """
    select count(*) from core.purchase as orders
    where ordered_at < $as_of and arrived_on <= $business_date and not is_return and customer_id is not null
        and $business_date - ordered_on between $start and $start + $days - 1
        and not exists (
            select 1 from core.purchase as earlier
            where earlier.customer_id = orders.customer_id and not earlier.is_return
                and earlier.arrived_on <= $business_date
                and (earlier.ordered_on, earlier.order_id) < (orders.ordered_on, orders.order_id)
        )
"""

CHECK = """
    select sum(net_minor) / count(*), count(distinct coalesce(customer_id, order_id)) from core.purchase
    where ordered_at < $as_of and arrived_on <= $business_date and not is_return
        and $business_date - ordered_on between $start and $start + $days - 1
"""

STAGES = """
    with sent as (
        select
            sent.*,
            exists (
                select 1 from core.receipt as receipts
                where receipts.assignment_id = sent.assignment_id and receipts.status = $status
                    and receipts.occurred_at < $as_of and receipts.arrived_on <= $business_date
            ) as is_there
        from core.offer_assignment as sent
        where sent.offer_id is not null and sent.assigned_at < $as_of and sent.arrived_on <= $business_date
    )
    select channel, count(*) filter (where is_there) from sent group by channel order by channel
"""

# What a shop would hold whose nights had made offers for weeks: promises of our own as the pilots', which ended, 40 of
# them withdrawn; contacts 28 and 35 days later, used where the first were; and contacts which still hold.
EARLIER = (
    """
    insert into offers.reservation by name
    select
        'r' || assignment_id as reservation_id, assigned_on as business_date, 1 as attempt, customer_id, offer_id,
        campaign_id, 'own:' || wave_id as wave_id, valid_from, valid_until, 100 as cost_minor, 0.0 as cost_variance
    from core.offer_assignment where offer_id is not null
    """,
    """
    insert into offers.ledger_entry by name
    select
        'e' || assignment_id as entry_id, assigned_on as business_date, 'release' as kind, 'budget' as limit_name,
        'r' || assignment_id as reservation_id, 'withdrawn' as reason
    from core.offer_assignment where offer_id is not null order by assignment_id limit 40
    """,
    """
    insert into offers.decision_history by name
    select
        assigned_on + days as business_date, customer_id, offer_id, campaign_id, 'own:' || wave_id || days as wave_id,
        'email' as channel, assigned_on + days as valid_from, assigned_on + days + valid_days as valid_until
    from core.offer_assignment, (values (28, 10), (35, 9), (57, 60)) as again(days, valid_days)
    where offer_id is not null
    """,
    """
    insert into core.redemption by name
    select
        * replace (
            redemption_id || '+' as redemption_id, redeemed_at + interval 28 days as redeemed_at,
            redeemed_on + 28 as redeemed_on, arrived_on + 28 as arrived_on
        )
    from core.redemption
    """,
)
