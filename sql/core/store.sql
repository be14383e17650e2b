-- core.store: one row per store.
select
    store_id,
    store_name,
    city,
    kind
from staging.stores
order by store_id
