"""What a process forked for a night finds done already: everything imported, the flows and the promises read."""

from importlib import import_module

from offermill import expectations, flows, paths

_MODULES = (
    "great_expectations",
    "duckdb_extensions",
    "offermill.gates",
    "offermill.gx",
    "offermill.ingest.load",
    "offermill.night",
    "offermill.publish",
    "features.clusters",
    "models.propensity",
    "models.value",
    "models.uplift_step",
    "offers.decide",
    "offers.channels.publication",
    "dashboards.site",
)


def _read_promises() -> None:
    for stage in flows.nightly().stages:
        for address in expectations.addresses(stage.name, paths.EXPECTATIONS):
            expectations.load(address, paths.EXPECTATIONS)


for _module in _MODULES:
    import_module(_module)
flows.training()
_read_promises()
