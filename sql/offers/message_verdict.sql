-- offers.message_verdict: one row per message and rule that forbids it at the last moment.
select offer_key, rule, why from offers.verdict_on_consent
union all
select offer_key, rule, why from offers.verdict_on_address
union all
select offer_key, rule, why from offers.verdict_on_cap
union all
select offer_key, rule, why from offers.verdict_on_text
order by offer_key, rule
