"""Who is left out, and what that saves: figures on few people hidden, no money where nothing is known."""

from pathlib import Path

from dashboards import left_out, site
from dashboards.queries import answers
from tests import literal_night


def test_money_stands_where_somebody_was_estimated_and_few_people_stay_hidden(tmp_path: Path) -> None:
    with literal_night.night(tmp_path) as (warehouse, run):
        context = site.context(run, {})
        shown = left_out.figure(context, answers(warehouse, run, "offers")["left_out"])

    assert shown["rows"] == [
        ["No consent to offers on any channel", "8", "7", "5", "€12.34", "€23.45"],
        ["On the list of strategic customers", "6", "6", "–", "–", "–"],
        ["The goods are not for minors", "not shown", "not shown", "–", "–", "–"],
    ]
