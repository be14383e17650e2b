"""Share of the best possible gain that uplift estimators reach on made-up trials whose truth is known.

    PYTHONPATH=. .venv/bin/python benchmarks/uplift.py [--rows 20000] [--seeds 1] [--worlds plain late ...]
    PYTHONPATH=. .venv-comparison/bin/python benchmarks/uplift.py --worlds plain --models ours x_money causal_forest ...

Every fit runs in a process of its own. Effects are judged on 60,000 other people: by the policy "the best arm if it
pays" and by the same under a budget of 20 % of what that policy would cost at best. Learners "on money" learn the
margin net of the discount; their costs come from a model of what each arm gave, the same for all of them.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from benchmarks import uplift_rivals, uplift_worlds
from benchmarks.uplift_worlds import MARGIN, WORLDS

TESTED = 60_000
PROJECT = Path(".venv/bin/python")


def _measured(model: str, world: str, rows: int, seed: int) -> dict[str, float]:
    train, test = uplift_worlds.trial(world, rows, seed), uplift_worlds.trial(world, TESTED, seed + 10_000)
    started = perf_counter()
    predict = uplift_rivals.MODELS[model](train)
    seconds = perf_counter() - started
    effect, cost, error = predict(test.features)
    figures = uplift_worlds.score(effect, cost, test) | {"fit_s": seconds}
    if error is not None:
        true = test.margin[:, 1:] - test.margin[:, :1]
        figures["covered"] = float((abs(effect - true) <= 1.96 * error).mean())
    return figures


def _in_own_process(model: str, world: str, rows: int, seed: int) -> dict[str, float]:
    # Ours needs the project's environment; the packages to compare with have one of their own.
    python = str(PROJECT) if model == "ours" and PROJECT.exists() else sys.executable
    command = [python, __file__, "--one", model, world, str(rows), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{model} on {world} failed:\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _row(model: str, world: str, found: list[dict[str, float]], ours: float) -> str:
    mean = {name: sum(each[name] for each in found) / len(found) for name in found[0]}
    shares = [mean["gain_share"], mean["gain_share_at_20pct_budget"], mean["gain_of_margin"]]
    covered = f"{mean['covered']:.2f}" if "covered" in mean else ""
    cells = [world, model, *(f"{share:.3f}" for share in shares), f"{mean['fit_s'] / ours:.1f}", covered]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--worlds", nargs="+", default=list(WORLDS), choices=list(WORLDS))
    parser.add_argument("--models", nargs="+", default=["ours"], choices=list(uplift_rivals.MODELS))
    parser.add_argument("--one", nargs=4, metavar=("MODEL", "WORLD", "ROWS", "SEED"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        model, world, rows, seed = given.one
        print(json.dumps(_measured(model, world, int(rows), int(seed))))
        return
    print(f"{given.rows:,} rows, seeds {given.seeds}, margin share {MARGIN}")
    print("| world | model | gain | gain at 20 % budget | gain of margin | fit time, ours = 1 | 95 % interval covers |")
    print("|---|---|---|---|---|---|---|")
    for world in given.worlds:
        ours = 1.0
        for model in given.models:
            found = [_in_own_process(model, world, given.rows, seed) for seed in given.seeds]
            if model == "ours":
                ours = sum(each["fit_s"] for each in found) / len(found)
            print(_row(model, world, found, ours), flush=True)


if __name__ == "__main__":
    main()
