-- name: sent
-- One row: were offers ever sent. How far they got is counted with what readers filter (slices.sql).
select count(*) as offered_count from outcomes.promise
