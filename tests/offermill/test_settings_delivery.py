"""`delivery:` of a channel block is read strictly, and what looks like a secret is refused without being repeated."""

from typing import Any

import pytest
from pydantic import ValidationError

from offermill import reference
from offermill.settings_delivery import (
    DeliverySettings,
    FolderTarget,
    HttpTarget,
    RetrySettings,
    S3Target,
    SftpTarget,
)

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEjJ"
SFTP = {"host": "crm.example.org", "user": "shop", "host_key": KEY, "key_file": "/etc/offermill/key"}


def problem_of(values: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as problem:
        DeliverySettings.model_validate(values)
    (only,) = problem.value.errors()
    return f"{'.'.join(map(str, only['loc']))}: {only['msg'].removeprefix('Value error, ')}"


def test_a_block_names_one_target() -> None:
    one = DeliverySettings.model_validate({"sftp": SFTP})
    assert isinstance(one.target, SftpTarget)
    assert (one.name, one.connection) == ("{edition}/{block}/{file}", None)
    lent = DeliverySettings.model_validate({"sftp": {"host_key": KEY, "airflow_connection": "crm_sftp"}})
    assert lent.connection == "crm_sftp"
    assert problem_of({}) == ": needs one of folder, sftp, s3, http."
    assert problem_of({"folder": {"path": "/a"}, "sftp": SFTP}) == ": needs one of folder, sftp, s3, http."


@pytest.mark.parametrize("name", ["{file}", "{edition}.csv", "../{edition}/{file}", "/{edition}/{file}"])
def test_a_name_that_nights_would_share_or_that_leaves_the_folder_is_refused(name: str) -> None:
    assert problem_of({"folder": {"path": "/a"}, "name": name}).startswith("name: must ")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"sftp": {**SFTP, "key_file": None, "password_env": "hunter2"}},
            "must be the name of an environment variable",
        ),
        ({"sftp": {**SFTP, "host": "shop:hunter2@crm"}}, "must be a host's name or address"),
        ({"sftp": {**SFTP, "host_key": "-----BEGIN hunter2"}}, "must be the server's public key"),
        ({"http": {"url": "https://shop:hunter2@crm.example.org/in"}}, "must be an https:// address without user"),
        ({"http": {"url": "https://crm.example.org/in", "token_env": "hunter2"}}, "must be the name of an environment"),
        ({"http": {"url": "https://crm.example.org/in", "headers": {"X-Api-Key": "hunter2"}}}, "X-Api-Key looks like"),
        ({"s3": {"bucket": "crm", "airflow_connection": "hunter2 "}}, "must be the id of an Airflow connection"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(values: dict[str, Any], said: str) -> None:
    problem = problem_of(values)
    assert said in problem
    assert "hunter2" not in problem


def test_plain_http_is_for_this_machine_only() -> None:
    assert DeliverySettings.model_validate({"http": {"url": "http://127.0.0.1:8080/{file}"}}).http
    assert "https://" in problem_of({"http": {"url": "http://crm.example.org/in"}})
    assert problem_of({"http": {"url": "https://crm.example.org/{customer}"}}) == (
        "http.url: holds {customer}; it may hold {edition}, {date}, {block}, {file}."
    )


def test_an_sftp_server_is_entered_in_one_way() -> None:
    two = {**SFTP, "password_env": "CRM_PASSWORD"}
    assert problem_of({"sftp": two}) == "sftp: needs one of airflow_connection, password_env, key_env, key_file."
    assert problem_of({"sftp": {"host_key": KEY, "key_file": "/key"}}).startswith("sftp: needs host and user")


@pytest.mark.parametrize("model", [DeliverySettings, FolderTarget, HttpTarget, RetrySettings, S3Target, SftpTarget])
def test_every_setting_says_what_it_means(model: Any) -> None:
    said = reference.comments_of(model)
    assert set(said) == set(model.model_fields)
    assert [name for name, meaning in said.items() if not meaning] == []
