"""# nightly_offers: the night

Loads what the shop sent for the business date, finds out who each customer is, scores, chooses offers within the budget,
checks every stage and publishes `exports/<date>/` and `site/` in one move; then the channels' files go to their targets.

**When.** Midnight in the shop's time zone; the data interval of a run is exactly its business date. Files that come later are
waited for by retries of their `raw.<source>` task.

**Red?** Unless only `deliver.send` is red, nothing was published and yesterday's publication still stands. Open the red task's log: its first red line says what
is wrong, in which file and line, and what to do.

| red task | usual cause | what to do |
|---|---|---|
| `night.open` | an error in shop.yml or offers.yml | mend the line it names, check with `bin/offermill check`, clear the task |
| `raw.<source>` | file missing, unreadable, or too many bad records | have the file sent again, clear the task |
| `<stage>.checks` | a critical check failed | the message names table, rule and first row; mend the source, clear from `raw` |
| `models.*` | a stored model was altered | the night goes on with the rule; train again with `train_models` |
| `publish.release` | a publication for this date stands and differs | find out why (the message names files); to correct it, trigger with `new_version` |
| `deliver.send` | a target cannot be reached, or refuses | tonight is published; mend the cause it names, clear the task: what arrived is not sent again |

**Again, backwards, forwards.** Every step may be cleared and run again, in any order of dates; a date that was published is
reproduced byte for byte. A past date: trigger with `{"date": "2026-06-29"}`, or `airflow backfill create --dag-id nightly_offers
--from-date ... --to-date ...` (`--run-backwards` works too).

**One writer.** All tasks share the pool `offermill_warehouse` (1 slot): DuckDB has one writing process.
"""

from datetime import datetime

from offermill import flows, orchestration

dag = orchestration.build(
    flows.nightly(),
    dag_id="nightly_offers",
    cron="0 0 * * *",
    runbook=__doc__,
    # Airflow ends a run of a date before the start green without running a task; shops backfill far back.
    start=datetime(2000, 1, 1),
)
