"""Google Customer Match by the Data Manager API: bodies of `audienceMembers:remove` and `audienceMembers:ingest` calls.

The API only adds and takes away, so whoever was on the list before and is not tonight is taken away by name of hash.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from offermill import datapackage
from offers.channels import audience, documents, google_customer_match, told
from offers.channels.contract import Leaving, Target

# Google takes so many members in one call.
MEMBERS_PER_CALL = 10_000
REMOVE, INGEST = "audience-1-remove", "audience-2-ingest"
_KEYS = ("emailAddress", "phoneNumber")

# What Google knows a person by: (emailAddress or phoneNumber, SHA-256 in hex), one or both.
Member = tuple[tuple[str, str], ...]


def member(identifiers: Member) -> dict[str, object]:
    """Return one audience member as the API takes it."""
    return {"userData": {"userIdentifiers": [{key: value} for key, value in identifiers]}}


def destination(options: Mapping[str, str]) -> dict[str, object]:
    """Return the list at Google that is changed."""
    accounts = {"operatingAccount": options["account"], "loginAccount": options["login_account"]}
    named = {
        key: {"accountType": "GOOGLE_ADS", "accountId": value.replace("-", "")}
        for key, value in accounts.items()
        if value
    }
    return {**named, "productDestinationId": options["audience"]}


def removal(members: Sequence[Member], options: Mapping[str, str]) -> dict[str, object]:
    """Return the body of one `audienceMembers:remove` call."""
    return {
        "destinations": [destination(options)],
        "audienceMembers": [member(one) for one in members],
        "validateOnly": options["validate_only"] == "yes",
        "encoding": "HEX",
    }


def ingestion(members: Sequence[Member], options: Mapping[str, str]) -> dict[str, object]:
    """Return the body of one `audienceMembers:ingest` call: everybody in it agreed, and the shop to Google's terms."""
    return {
        **removal(members, options),
        "consent": {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"},
        "termsOfService": {"customerMatchTermsOfServiceStatus": "ACCEPTED"},
    }


def _tonight(leaving: Leaving) -> Iterator[Member]:
    for batch in audience.hashed(leaving, google_customer_match.RULES):
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield tuple((key, value) for key, value in zip(_KEYS, values, strict=True) if value)


def _before(leaving: Leaving) -> set[tuple[str, str]]:
    """Return every hash that the edition before put on the list."""
    edition = told.edition_before(leaving.run, leaving.block)
    if edition is None:
        return set()
    folder = leaving.run.shop.exports / edition / "channels" / leaving.block
    bodies = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob(f"{INGEST}-*.json"))]
    members = [one["userData"]["userIdentifiers"] for body in bodies for one in body["audienceMembers"]]
    return {pair for identifiers in members for identifier in identifiers for pair in identifier.items()}


def _calls(
    leaving: Leaving, folder: Path, name: str, members: Iterator[Member]
) -> Iterator[tuple[datapackage.Resource, list[Member]]]:
    """Write the members into numbered bodies; yield the manifest's entry and the members of each."""
    body = ingestion if name == INGEST else removal
    number = 0
    while call := list(islice(members, MEMBERS_PER_CALL)):
        number += 1
        path = folder / f"{name}-{number:04d}.json"
        text = json.dumps(body(call, leaving.options), separators=(",", ":"))
        path.write_text(text + "\n", encoding="utf-8")
        what = "people to add" if name == INGEST else "people to take away"
        yield documents.resource(leaving, path, f"Audience for Google Ads, {what}, call {number}", len(call)), call


def _write(leaving: Leaving, folder: Path) -> Iterator[datapackage.Resource]:
    gone = _before(leaving)
    for resource, call in _calls(leaving, folder, INGEST, _tonight(leaving)):
        gone.difference_update(pair for one in call for pair in one)
        yield resource
    for resource, _ in _calls(leaving, folder, REMOVE, ((pair,) for pair in sorted(gone))):
        yield resource


TARGET = Target(
    name="google_data_manager",
    title="Google Ads Customer Match by the Data Manager API: hashed addresses, as bodies of API calls",
    options=(
        ("account", None, "Number of the Google Ads account that owns the list."),
        ("audience", None, "Number of the customer list."),
        ("login_account", "", "Number of the account that the calls are made as, when it is another (a manager's)."),
        ("terms", None, "`accepted`: somebody of the shop has read and accepted Google's Customer Match terms."),
        ("validate_only", "no", "`yes` lets Google check the calls and change nothing."),
    ),
    choices=(("terms", ("accepted",)), ("validate_only", ("no", "yes"))),
    documents=_write,
    is_audience=True,
    setup="POST each file, in the order of the names, `audience-1-remove-...` to "
    "`https://datamanager.googleapis.com/v1/audienceMembers:remove` and `audience-2-ingest-...` to "
    "`.../v1/audienceMembers:ingest`. Google uses no list of fewer than 100 people.",
)
