"""# train_models: once a week

Loads as the night does, takes point-in-time snapshots, and trains the models that the next nights score with: purchase
propensity, expected margin, uplift (only where offers were randomised) and the behavioural clusters.

A new model that is not better than the RFM baseline is refused; its card says so, and nights go on with the baseline. Models
are kept under `models/<name>/<date>/` with their SHA-256; a night uses the newest that is not younger than its own date, so
a backfill never sees the future.

**Red?** Nights go on with the models they have. The log's first red line says what is wrong; clear the task when it is mended.
"""

# Airflow reads only files that hold its name and the word dag.
from datetime import datetime

from offermill import flows, orchestration

dag = orchestration.build(
    flows.training(),
    dag_id="train_models",
    cron="0 0 * * 1",
    runbook=__doc__,
    # Airflow ends a run of a date before the start green without running a task; shops backfill far back.
    start=datetime(2000, 1, 1),
)
