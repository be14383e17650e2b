"""Share of the best possible gain that uplift estimators reach on made-up trials whose truth is known.

    PYTHONPATH=. .venv/bin/python benchmarks/uplift.py [--rows 20000] [--seeds 1] [--worlds plain late ...]
    PYTHONPATH=. .venv-comparison/bin/python benchmarks/uplift.py --worlds a --models all [--minutes 10]
    PYTHONPATH=. .venv/bin/python benchmarks/uplift.py --demo DIR

Every fit runs in a process of its own, which is stopped after some minutes; a learner that fails or is stopped gets a
row that says so. Times are CPU seconds. Effects are judged on 60,000 other people: by the policy "the best arm if it
pays" and by the same under a budget of 20 % of what that policy would cost at best. Learners "on money" learn the
margin net of the discount; their costs come from a model of what each arm gave, the same for all of them.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from time import process_time

from benchmarks import uplift_rivals, uplift_worlds
from benchmarks.uplift_worlds import MARGIN, WORLDS

TESTED = 60_000
PROJECT = Path(".venv/bin/python")


def _measured(model: str, world: str, rows: int, seed: int) -> dict[str, float]:
    train, test = uplift_worlds.trial(world, rows, seed), uplift_worlds.trial(world, TESTED, seed + 10_000)
    uplift_rivals.load(model)
    started = process_time()
    predict = uplift_rivals.MODELS[model](train)
    seconds = process_time() - started
    effect, cost, error = predict(test.features)
    figures = uplift_worlds.score(effect, cost, test) | {"fit_s": seconds}
    if error is not None:
        true = test.margin[:, 1:] - test.margin[:, :1]
        figures["covered"] = float((abs(effect - true) <= 1.96 * error).mean())
    return figures


def _in_own_process(model: str, world: str, rows: int, seed: int, minutes: float) -> dict[str, float] | str:
    """Return the figures, or why there are none."""
    # Ours needs the project's environment; the packages to compare with have one of their own.
    python = str(PROJECT) if model == "ours" and PROJECT.exists() else sys.executable
    command = [python, __file__, "--one", model, world, str(rows), str(seed)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60 * minutes)
    except subprocess.TimeoutExpired:
        return f"stopped after {minutes:g} minutes"
    if done.returncode:
        return f"failed: {(done.stderr.strip().splitlines() or ['no message'])[-1][:200]}"
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _row(model: str, world: str, found: list[dict[str, float] | str], ours: float) -> str:
    figures = [each for each in found if not isinstance(each, str)]
    if len(figures) < len(found):
        problem = next(each for each in found if isinstance(each, str))
        return f"| {world} | {model} | {problem} | | | | |"
    mean = {name: sum(each[name] for each in figures) / len(figures) for name in figures[0]}
    shares = [mean["gain_share"], mean["gain_share_at_20pct_budget"], mean["gain_of_margin"]]
    covered = f"{mean['covered']:.2f}" if "covered" in mean else ""
    cells = [world, model, *(f"{share:.3f}" for share in shares), f"{mean['fit_s'] / ours:.1f}", covered]
    return "| " + " | ".join(cells) + " |"


def _print_world(world: str, models: list[str], rows: int, seeds: list[int], minutes: float) -> None:
    ours = 1.0
    for model in models:
        found = [_in_own_process(model, world, rows, seed, minutes) for seed in seeds]
        seconds = [each["fit_s"] for each in found if not isinstance(each, str)]
        if model == "ours" and seconds:
            ours = sum(seconds) / len(seconds)
            print(f"ours: {ours:.1f} CPU seconds to fit", file=sys.stderr)
        print(_row(model, world, found, ours), flush=True)


def _print_demo(folder: Path) -> None:
    # The packages to compare with live where the project's own are not installed.
    from benchmarks import uplift_demo

    for outcome, figures in uplift_demo.figures(folder).items():
        print(outcome, ", ".join(f"{name} {value:.3f}" for name, value in figures.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--worlds", nargs="+", default=list(WORLDS), choices=list(WORLDS))
    parser.add_argument("--models", nargs="+", default=["ours"], choices=[*uplift_rivals.MODELS, "all"])
    parser.add_argument("--minutes", type=float, default=10.0, help="at most, for one fit and its predictions")
    parser.add_argument("--one", nargs=4, metavar=("MODEL", "WORLD", "ROWS", "SEED"), help=argparse.SUPPRESS)
    parser.add_argument("--demo", type=Path, metavar="DIR", help="a demo shop of 20,000, made there if it is missing")
    given = parser.parse_args()
    if given.demo:
        _print_demo(given.demo)
        return
    if given.one:
        model, world, rows, seed = given.one
        print(json.dumps(_measured(model, world, int(rows), int(seed))))
        return
    print(f"{given.rows:,} rows, seeds {given.seeds}, margin share {MARGIN}")
    print("| world | model | gain | gain at 20 % budget | gain of margin | CPU to fit, ours = 1 | 95 % covers |")
    print("|---|---|---|---|---|---|---|")
    models = list(uplift_rivals.MODELS) if "all" in given.models else given.models
    for world in given.worlds:
        _print_world(world, models, given.rows, given.seeds, given.minutes)


if __name__ == "__main__":
    main()
