"""The flows as data: every step can be found, runs after what it reads, and ends in a gate."""

import ast

import pytest

from offermill import flows, paths, sqlfiles, stepdocs
from offermill.errors import ConfigError
from offermill.flows import Flow, Step, is_gate

FLOWS = [flows.nightly(), flows.training()]
STEPS = sorted({step for flow in FLOWS for step in flow.steps}, key=lambda step: step.address)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_a_step_comes_after_all_it_reads(flow: Flow) -> None:
    done: set[str] = set()
    made = {step.address for step in flow.steps}
    for step in flow.steps:
        missing = (step.reads & made) - done
        assert not missing, f"{step.address} runs before {sorted(missing)}"
        done.add(step.address)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_addresses_are_unique(flow: Flow) -> None:
    addresses = [step.address for step in flow.steps]
    assert len(addresses) == len(set(addresses)) > 40


def test_every_sql_file_of_the_night_is_a_step() -> None:
    made = {step.address for step in flows.nightly().steps} | {step.address for step in flows.training().steps}
    files = {f"{path.parent.name}.{path.stem}" for path in paths.SQL.glob("*/*.sql")}
    assert files - made == set()


def test_every_table_stage_ends_in_its_gate() -> None:
    stages = [stage for stage in flows.nightly().stages if stage.name not in ("night", "publish", "deliver")]
    assert [stage.steps[-1].address for stage in stages] == [f"{stage.name}.checks" for stage in stages]


def test_a_gate_waits_for_the_whole_stage() -> None:
    stage = flows.nightly().stages[1]
    gate = stage.steps[-1]
    assert is_gate(gate)
    assert stage.needs(gate) == {step.address for step in stage.steps[:-1]}


def test_nothing_is_published_before_the_last_gate() -> None:
    addresses = [step.address for step in flows.nightly().steps]
    published = ["outcomes.checks", "publish.exports", "publish.site", "publish.release"]
    assert addresses[-5:] == [*published, "deliver.send"]


@pytest.mark.parametrize("step", [step for step in STEPS if step.call], ids=lambda step: step.address)
def test_every_function_exists_and_is_documented(step: Step) -> None:
    module, name = step.call.split(":")
    tree = ast.parse(paths.ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert name in functions
    assert len(stepdocs.of(step)) > len(step.call) + 20


@pytest.mark.parametrize("step", [step for step in STEPS if not step.call], ids=lambda step: step.address)
def test_every_sql_step_says_what_it_makes(step: Step) -> None:
    assert stepdocs.of(step).startswith(f"{step.address}: ")


def test_what_sql_reads_is_made_by_the_night_or_by_training() -> None:
    made = {step.address for flow in FLOWS for step in flow.steps}
    # Written beside their steps: the machinery's own notes, and logs that outlive the night.
    beside = {"segments", "offers", "models", "meta"}
    unknown = {
        f"{step.address} reads {read}"
        for step in STEPS
        if not step.call
        for read in sqlfiles.read(step.address).reads - made
        if read.split(".")[0] not in beside
    }
    assert unknown == set()


def test_a_misspelt_address_gets_the_nearest() -> None:
    with pytest.raises(ConfigError) as problem:
        flows.nightly().step("core.custmer")
    assert str(problem.value) == ("core.custmer: no step or table of the flow nightly. Did you mean 'core.customer'?")
