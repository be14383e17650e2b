"""Who must sign a catalogue signs its very words and figures; a change asks for all signatures again."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from offermill import settings
from offermill.errors import ConfigError, GateError
from offermill.paths import ShopPaths
from offermill.run import Run
from offers import approval
from tests.offermill.test_cli import offermill, said
from tests.offers.small_shop import CATALOGUE, NIGHT

SETTINGS = """\
shop: {id: test, name: Test, time_zone: Europe/Riga}
randomisation: {salt: a salt for tests}
sources: {}
"""
ROLES = "approval: {roles: [accountant, lawyer]}\n"
NOON = datetime(2026, 6, 29, 12)


def shop_in(folder: Path, shop_yml: str = SETTINGS + ROLES, catalogue: str = CATALOGUE) -> ShopPaths:
    folder.mkdir(exist_ok=True)
    (folder / "shop.yml").write_text(shop_yml, encoding="utf-8")
    (folder / "offers.yml").write_text(catalogue, encoding="utf-8")
    return ShopPaths(folder)


def night(shop: ShopPaths) -> Run:
    """Return a run that has frozen the catalogue as it stands."""
    run = Run.of(shop.folder, NIGHT)
    run.snapshot.mkdir(parents=True, exist_ok=True)
    run.catalogue.write_bytes(shop.catalogue.read_bytes())
    return run


def signed(shop: ShopPaths) -> approval.Version:
    """Return all that a signature covers."""
    chosen = settings.load(shop.settings)
    return approval.version(approval.catalogue.read(shop.catalogue, chosen.shop, chosen.texts), chosen)


def refusal(shop: ShopPaths) -> str:
    with pytest.raises(GateError) as problem:
        approval.require(night(shop))
    return str(problem.value)


def test_without_roles_nothing_is_required(tmp_path: Path) -> None:
    assert approval.require(night(shop_in(tmp_path, SETTINGS))) == []


def test_every_role_must_sign_and_the_first_signature_is_told(tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    version = approval.sign(shop, "accountant", "Anna Bērziņa", now=NOON).signature.version
    assert refusal(shop) == (
        f"offers.yml: version {version[:12]} of catalogue, budget and texts is not signed by lawyer, so nothing "
        "leaves. "
        f"Anna Bērziņa (accountant) signed version {version[:12]} at 2026-06-29T12:00:00Z: this one.\n"
        'To sign: offermill sign --role lawyer --name "..."'
    )
    assert approval.sign(shop, "lawyer", " Jānis ", now=NOON).still == ()
    told = {"version": version, "signed_at": "2026-06-29T12:00:00Z"}
    assert approval.require(night(shop)) == [
        {"role": "accountant", "name": "Anna Bērziņa", **told},
        {"role": "lawyer", "name": "Jānis", **told},
    ]


def test_a_change_is_told_and_asks_for_all_again(tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    assert "Nobody has signed any version yet." in refusal(shop)
    for role in ("accountant", "lawyer"):
        approval.sign(shop, role, "Anna", now=NOON)
    changed = CATALOGUE.replace('amount: "100.00"', 'amount: "1000.00"').replace("depths: [500]", "depths: [600]")
    shop_in(tmp_path, catalogue=changed)
    told = refusal(shop)
    assert "not signed by accountant, lawyer" in told
    assert "\n  budget.amount: 100.00 -> 1000.00\n  templates.points.depths: [500] -> [600]\n" in told
    # Comments and the order of keys change nothing that was signed.
    shop_in(tmp_path, catalogue="# a comment\n" + CATALOGUE.replace("{amount: ", "{ amount: "))
    assert len(approval.require(night(shop))) == 2


def test_a_text_of_ours_is_signed_too(tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    values = signed(shop)
    assert "{depth}" in values["told.texts.basket-10.en"]
    assert values["told.use.points-500.en"] == "You need no code: we credit the points to your card."
    other = values | {"told.texts.basket-10.en": "Something else."}
    assert approval.version_hash(other) != approval.version_hash(values)


@pytest.mark.parametrize(
    "alter",
    [
        lambda lines: lines[1:],
        lambda lines: [lines[0].replace("Anna", "Olga"), lines[1]],
        lambda lines: [lines[0], lines[1].replace('"previous": "', '"previous": "0')],
        lambda lines: [lines[1], lines[0]],
        lambda lines: ["not JSON", lines[1]],
        lambda lines: ["[]", lines[1]],
    ],
)
def test_altered_signatures_do_not_count(tmp_path: Path, alter: object) -> None:
    shop = shop_in(tmp_path)
    for role in ("accountant", "lawyer"):
        approval.sign(shop, role, "Anna", now=NOON)
    path = shop.state / "approval" / "signatures.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("".join(f"{line}\n" for line in alter(lines)), encoding="utf-8")  # type: ignore[operator]
    assert "does not follow from the line before, so the signatures were altered" in refusal(shop)
    with pytest.raises(GateError):
        approval.sign(shop, "lawyer", "Olga", now=NOON)


def test_the_command_signs_and_says_what_is_wrong(tmp_path: Path) -> None:
    shop = shop_in(tmp_path).folder
    code, out, _ = offermill("sign", "--role", "lawyer", "--name", "Anna", "--shop", shop, "--json")
    assert (code, json.loads(out)["still_to_sign"]) == (0, ["accountant"])
    mistakes = {
        ("lawyer", "Anna"): "Anna signed this version as lawyer at",
        ("lawer", "Anna"): "--role lawer: does not sign in this shop. Did you mean",
        ("lawyer", "An\nna"): "--name: must be the name of a person in one line",
    }
    for (role, name), problem in mistakes.items():
        code, _, error = offermill("sign", "--role", role, "--name", name, "--shop", shop)
        assert (code, problem in said(error)) == (2, True), error
    shop_in(shop, SETTINGS)
    code, _, error = offermill("sign", "--role", "lawyer", "--name", "Anna", "--shop", shop)
    assert (code, "approval.roles names nobody who signs" in said(error)) == (2, True)


def test_a_role_is_named_once(tmp_path: Path) -> None:
    shop = shop_in(tmp_path, SETTINGS + "approval: {roles: [lawyer, lawyer]}\n")
    with pytest.raises(ConfigError, match="names a role twice"):
        approval.sign(shop, "lawyer", "Anna")


def test_a_signature_is_taken_back_and_given_anew(tmp_path: Path) -> None:
    shop = shop_in(tmp_path, SETTINGS + "approval: {roles: [lawyer]}\n")
    version = approval.sign(shop, "lawyer", "Jānis", now=NOON).signature.version
    with pytest.raises(ConfigError) as unknown:
        approval.take_back(shop, "lawyer", "Jānis", "0123")
    assert str(unknown.value) == (
        f"--take-back 0123: is no version that lawyer signed; signed and standing: {version[:12]}."
    )
    code, told, _ = offermill(
        "sign", "--shop", shop.folder, "--role", "lawyer", "--name", "Jānis", "--take-back", version
    )
    assert (code, f"took back the signature as lawyer of version {version[:12]}" in said(told)) == (0, True), told
    with pytest.raises(ConfigError, match="signed and standing: none"):
        approval.take_back(shop, "lawyer", "Jānis", version)
    assert "Jānis (lawyer) took back the signature of version" in refusal(shop)
    approval.sign(shop, "lawyer", "Jānis", now=NOON)
    told_again = {"role": "lawyer", "name": "Jānis", "version": version, "signed_at": "2026-06-29T12:00:00Z"}
    assert approval.require(night(shop)) == [told_again]


OWN_TERMS = CATALOGUE.replace("depths: [500]}", "depths: [500], terms: {en: Once., lv: Vienreiz., ru: Один раз.}}")
LINK = "texts: {terms_url: https://shop.example/terms}\n"


@pytest.mark.parametrize(
    ("shop_yml", "catalogue", "change"),
    [
        (
            SETTINGS + ROLES + LINK,
            CATALOGUE,
            "told.terms_url.basket-10.en: - -> https://shop.example/terms",
        ),
        (SETTINGS + ROLES, OWN_TERMS, "templates.points.terms.en: - -> Once."),
        (
            SETTINGS + ROLES + "texts: {code_place: till}\n",
            CATALOGUE,
            "told.use.basket-10.en: Show the code at the till or enter it at the online checkou… -> "
            "Show the code at the till.",
        ),
    ],
)
def test_another_link_other_terms_or_another_way_to_use_it_ask_for_all_again(
    tmp_path: Path, shop_yml: str, catalogue: str, change: str
) -> None:
    before = signed(shop_in(tmp_path))
    shop = shop_in(tmp_path, shop_yml, catalogue)
    assert change in approval.changes(before, signed(shop))
    assert approval.version_hash(before) != approval.version_hash(signed(shop))
