-- segments.inert: one row per customer who buys out of habit: regular, narrow, and moved by nothing we do.
select
    customer_id,
    'inert' as segment,
    'Buys every ' || printf('%.0f', gap_days_mean) || ' days (variation ' || printf('%.2f', gap_variation) || ' over '
    || gap_count || ' gaps) from ' || category_count_365_days || ' categories, '
    || printf('%.0f', 100 * promotion_line_share_365_days) || '% of lines on promotion; no page views in 90 days, '
    || case when offer_count_365_days = 0 then 'never sent an offer' else 'no answer to offers (' || offer_count_365_days || ')' end
    || ' in 365 days.' as reason
from features.customer
where
    gap_count >= $segments_inert_gap_count
    and gap_variation <= $segments_inert_gap_variation
    and due_ratio < $segments_slipping_factor
    and category_count_365_days <= $segments_inert_category_count
    and promotion_line_share_365_days <= $segments_inert_promotion_share
    and view_count_90_days + cart_count_90_days = 0
    and opened_count_365_days + clicked_count_365_days + redeemed_count_365_days = 0
