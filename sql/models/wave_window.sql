-- models.wave_window: one row per person and day that begins a horizon of its own: the first draw, then the next one after it.
with recursive windows as (
    select
        customer_id,
        min(assigned_on) as assigned_on
    from models.wave_draw
    group by customer_id
    union all
    -- What happened in a window has no say in when the next one begins.
    select
        windows.customer_id,
        min(later.assigned_on) as assigned_on
    from windows
    inner join models.wave_draw as later
        on
            windows.customer_id = later.customer_id
            and date_diff('day', windows.assigned_on, later.assigned_on) >= $models_horizon_days
    group by windows.customer_id
)
select * from windows order by customer_id, assigned_on
