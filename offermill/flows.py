"""The flows as data: stages and steps in order. The DAGs, the command line, the docs and the tests all read this.

A step is one SQL file or one function `(warehouse, run) -> dict`; functions are named by text, so that reading
the flows imports nothing heavy.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache

from offermill import paths, sqlfiles
from offermill.errors import ConfigError


@dataclass(frozen=True)
class Step:
    """One task: `call` is `package.module:function`, or None for the SQL file of the address."""

    address: str
    call: str | None = None
    arguments: tuple[tuple[str, str], ...] = ()
    reads: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Return the part of the address behind the stage's name."""
        return self.address.split(".", 1)[1]


@dataclass(frozen=True)
class Stage:
    """A group of steps; all of them end before the next stage begins."""

    name: str
    steps: tuple[Step, ...]

    def needs(self, step: Step) -> frozenset[str]:
        """Return the addresses in this stage that must be done before `step`."""
        here = frozenset(other.address for other in self.steps if other is not step)
        return here if is_gate(step) else step.reads & here


@dataclass(frozen=True)
class Flow:
    """A whole night or a whole training, in order."""

    name: str
    stages: tuple[Stage, ...] = field(repr=False)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return every step in an order that may be run one by one."""
        return tuple(step for stage in self.stages for step in stage.steps)

    def step(self, address: str) -> Step:
        """Return the step at an address.

        Raises:
            ConfigError: the flow has no such step; the message holds the nearest one.
        """
        from offermill.yamlfile import nearest

        for step in self.steps:
            if step.address == address:
                return step
        known = [step.address for step in self.steps]
        raise ConfigError(f"{address}: no step or table of the flow {self.name}.{nearest(address, known)}")


def is_gate(step: Step) -> bool:
    """Tell whether the step checks a whole stage."""
    return step.name == "checks"


def _call(address: str, call: str, *reads: str) -> Step:
    return Step(address, call, (), frozenset(reads))


_CATALOGUE = _call("offers.catalogue", "offers.catalogue:load_catalogue")


def _gate(schema: str) -> Step:
    return Step(f"{schema}.checks", "offermill.gates:check", (("schema", schema),))


def _sql(schema: str) -> list[Step]:
    return [Step(address, None, (), sqlfiles.read(address).reads) for address in sqlfiles.addresses(schema)]


def _stage(name: str, steps: Iterable[Step], *, gate: bool = True) -> Stage:
    by_address = {step.address: step for step in steps}
    order = sqlfiles.in_order({address: step.reads for address, step in by_address.items()})
    ordered = [by_address[address] for address in order]
    return Stage(name, (*ordered, _gate(name)) if gate else tuple(ordered))


def _raw() -> Stage:
    names = sorted(path.stem for path in (paths.EXPECTATIONS / "raw").glob("*.yml"))
    loads = [Step(f"raw.{name}", "offermill.ingest.load:load", (("source", name),)) for name in names]
    return _stage("raw", loads)


def _open() -> Stage:
    return _stage("night", [_call("night.open", "offermill.night:open_night")], gate=False)


def _core() -> Stage:
    link = _call("core.person_link", "features.identity:link_persons", "staging.customers", "staging.contacts")
    return _stage("core", [*_sql("core"), link])


def _features() -> Stage:
    return _stage("features", _sql("features"))


def _segments() -> Stage:
    python = [
        _call("segments.cluster", "features.clusters:assign"),
        _call("segments.loss_chance", "features.loss:estimate"),
        _call("segments.history", "features.segment_history:store", "segments.membership"),
    ]
    return _stage("segments", [*_sql("segments"), *python])


def _models() -> Stage:
    # The catalogue comes first: effects are estimated for the offers that are on it tonight.
    python = [
        _CATALOGUE,
        _call("models.propensity_score", "models.propensity:score"),
        _call("models.value_score", "models.value:score", "models.propensity_score"),
        _call(
            "models.offer_effect",
            "models.effect_ladder:score",
            "offers.catalogue",
            "models.propensity_score",
            "models.value_score",
            "models.season_index",
            "core.product",
            "core.purchase_line",
        ),
    ]
    return _stage("models", [*_models_sql(), *python])


def _models_sql() -> list[Step]:
    """Return the SQL of models; reading the catalogue makes the empty histories of a shop's first night."""
    return [replace(step, reads=step.reads | {_CATALOGUE.address}) for step in _sql("models")]


def _offers() -> Stage:
    python = [
        _call("offers.address_key", "offers.channels.address_keys:write_addresses"),
        _call("offers.suppression_key", "offers.channels.address_keys:write_suppressions"),
        _call("offers.phone_number", "offers.channels.phone_numbers:write"),
        _call("offers.written_limit", "offers.channels.written_limits:write"),
        _call("offers.last_word", "offers.channels.last_check:listen", "offers.message", "offers.watched_key"),
        _call("offers.pilot_arm", "offers.pilot_registry:register"),
        _call("offers.ramp", "offers.ramp:advance"),
        _call("offers.ledger", "offers.ledger:settle", "offers.withdrawn_promise"),
        _call("offers.decision", "offers.decide:decide", *_decision_reads()),
    ]
    return _stage("offers", [*map(_after_ledger, _sql("offers")), *python])


def _after_ledger(step: Step) -> Step:
    """Return the step, made to wait for tonight's postings if it reads the ledger's entries."""
    return replace(step, reads=step.reads | {"offers.ledger"}) if "offers.ledger_entry" in step.reads else step


def _decision_reads() -> tuple[str, ...]:
    reads = ("offers.candidate", "offers.assignment_group", "offers.exclusion", "offers.pilot_arm")
    return (*reads, "offers.ledger", "offers.cost_factor")


def _outcomes() -> Stage:
    """Return what looks back: it decides nothing, and comes last so that tonight's promises are counted."""
    units = ("outcomes.unit", "outcomes.chance")
    python = [
        _call("outcomes.lot", "outcomes.draws:check", *units),
        _call("outcomes.effect", "outcomes.effect:measure", *units, "outcomes.unit_segment"),
        _call(
            "outcomes.fairness",
            "outcomes.fairness:measure",
            *units,
            "outcomes.audit_attribute",
            "outcomes.fairness_count",
        ),
        _call("outcomes.goal", "outcomes.goals:measure"),
        _call("outcomes.kpi", "outcomes.kpis:measure", "outcomes.kpi_share", "outcomes.effect"),
    ]
    return _stage("outcomes", [*_sql("outcomes"), *python])


def _publish() -> Stage:
    steps = [
        _call("publish.exports", "offers.channels.publication:write"),
        _call("publish.site", "dashboards.site:build", "publish.exports"),
        _call("publish.release", "offermill.publish:release", "publish.exports", "publish.site"),
    ]
    return _stage("publish", steps, gate=False)


def _deliver() -> Stage:
    return _stage("deliver", [_call("deliver.send", "offers.delivery.step:send")], gate=False)


# What the RFM rule learns from; only scoring reads it.
_NIGHTLY_ONLY = {"models.rfm_history"}


def _evidence_reads() -> tuple[str, ...]:
    evidence = ("models.training_snapshot", "models.training_examples", "models.evidence_arm")
    of_lines = ("models.order_worth", "models.qualifying_order", "models.season_index")
    return (*evidence, *of_lines, "offers.catalogue", "core.purchase_line", "core.product")


def _training() -> Stage:
    # Offers come first: the depth of an arm of a past wave is read from the catalogue.
    steps = [
        _CATALOGUE,
        *[step for step in _models_sql() if step.address not in _NIGHTLY_ONLY],
        _call("models.training_snapshot", "features.snapshots:build", "models.evidence_draw"),
        _call("models.train_clusters", "features.clusters:train", "models.training_snapshot"),
        _call("models.train_propensity", "models.propensity:train", "models.training_snapshot"),
        _call("models.train_value", "models.value:train", "models.training_snapshot"),
        _call("models.train_uplift", "models.uplift_step:train", *_evidence_reads()),
    ]
    return _stage("training", steps, gate=False)


@cache
def nightly() -> Flow:
    """Return the night: from what the shop sent to what leaves the house."""
    staging = _stage("staging", _sql("staging"))
    stages = (
        _open(),
        _raw(),
        staging,
        _core(),
        _features(),
        _segments(),
        _models(),
        _offers(),
        _outcomes(),
        _publish(),
        _deliver(),
    )
    return Flow("nightly", stages)


@cache
def training() -> Flow:
    """Return the weekly training: the night's way as far as core, then snapshots and models."""
    return Flow("training", (_open(), _raw(), _stage("staging", _sql("staging")), _core(), _training()))


def named(name: str) -> Flow:
    """Return the flow called `nightly` or `training`."""
    return {"nightly": nightly, "training": training}[name]()
