"""The API as it describes itself: whatever schemathesis asks, the answer is one that the description promises."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import checks

from portal.state import Portal
from tests.portal.publication import EDITION
from tests.portal.visits import as_user

EXAMPLES = 30  # a call; seeded, so that every run asks the same
PROMISES = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
CALLS = ["/api/editions", "/api/lists", "/api/deliveries", "/api/operation", "/api/preview", "/api/download"]


@pytest.fixture(scope="module")
def schema(port: int) -> Any:
    return schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/api/openapi.json")


def test_the_description_names_every_call_and_none_of_the_pages(schema: Any) -> None:
    assert sorted(result.ok().path for result in schema.get_all_operations()) == sorted(CALLS)


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("really_there", [False, True], ids=["anything", "a list that is there"])
def test_the_answer_is_one_that_was_promised(
    schema: Any, portal: Portal, port: int, path: str, really_there: bool
) -> None:
    cookie, seen = as_user(portal, port, "admin").cookie, set[int]()

    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path]["GET"].as_strategy())
    def ask(case: Any) -> None:
        if really_there:
            case.query = {**(case.query or {}), "edition": EDITION, "list": "crm_offers.csv"}
        response = case.call(headers={"Cookie": cookie})
        seen.add(response.status_code)
        case.validate_response(response, checks=PROMISES)

    ask()
    assert seen <= {200, 401, 404, 422}  # 401: it tries passwords with the request too
    assert 200 in seen or not really_there
