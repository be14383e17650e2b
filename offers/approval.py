"""Who signed what: signatures over a catalogue, its budget and its texts; nothing leaves without those asked for.

`state/approval/signatures.jsonl` is only ever added to; each line holds the SHA-256 of the line before, so that none
can be changed or taken out unseen. Beside it lies every signed version, for saying what changed since.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from offermill import durable, settings
from offermill.errors import ConfigError, GateError
from offermill.night import only_run
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.settings import Settings
from offermill.yamlfile import nearest
from offers import catalogue
from offers.schema import Catalogue

_SHOWN_CHANGES = 5
_LONGEST_VALUE = 60
_NAME_CHARACTERS = 80

# Path of a value (`templates.points.depths`) -> the value as text.
Version = Mapping[str, str]


@dataclass(frozen=True)
class Signature:
    """One signature: who, as what, of which version (SHA-256), when (UTC); or that it is taken back."""

    role: str
    name: str
    version: str
    signed_at: str
    is_taken_back: bool = False

    def as_dict(self) -> dict[str, object]:
        """Return what is written: of a signature that stands nothing but itself."""
        values = asdict(self)
        return values if self.is_taken_back else {name: values[name] for name in values if name != "is_taken_back"}


@dataclass(frozen=True)
class Signed:
    """What `offermill sign` did, and who must still sign."""

    signature: Signature
    still: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return it for machines."""
        return {**self.signature.as_dict(), "still_to_sign": list(self.still)}

    def as_text(self) -> str:
        """Return it for people, with what to do next."""
        one = self.signature
        if one.is_taken_back:
            return (
                f"{one.name} took back the signature as {one.role} of version {one.version[:12]}: nothing of it leaves "
                "any more. What has left is ended by `offermill withdraw`."
            )
        rest = f"Still to sign: {', '.join(self.still)}." if self.still else "Everybody who must sign has signed."
        return f"{one.name} signed as {one.role}: catalogue, budget and texts, version {one.version[:12]}.\n{rest}"


def version(said: Catalogue, chosen: Settings) -> dict[str, str]:
    """Return everything that is signed, flat: the catalogue with its budget, and all that customers are told.

    That is the sentence, how the offer is used, the terms that go with it, and the address of the page with all terms.
    """
    canonical = said.model_dump(mode="json", exclude={"sign_off"})
    return dict([*_flat("", canonical), *_flat("told", catalogue.told(said, chosen.shop, chosen.texts))])


def _flat(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _flat(f"{path}.{key}" if path else str(key), one)
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        for place, one in enumerate(value):
            yield from _flat(f"{path}.{one.get('id') or one.get('name') or place}", one)
    elif value is not None:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def version_hash(values: Version) -> str:
    """Return SHA-256 over a version, whatever the order of its parts."""
    text = json.dumps(dict(values), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def changes(old: Version, new: Version) -> list[str]:
    """Return what differs, a line each: `budget.amount: 100.00 -> 200.00`; what is not there is written as -."""
    names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    return [f"{name}: {_short(old.get(name))} -> {_short(new.get(name))}" for name in names]


def _short(value: str | None) -> str:
    text = "-" if value is None else value
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _folder(shop: ShopPaths) -> Path:
    return shop.state / "approval"


def signatures(shop: ShopPaths) -> list[Signature]:
    """Return all signatures, oldest first.

    Raises:
        GateError: a line was changed, taken out or put in by something else than `offermill sign`.
    """
    found, before = [], ""
    for number, line in enumerate(_lines(shop), start=1):
        try:
            values = json.loads(line)
            if values.pop("previous") != before:
                raise ValueError
            found.append(Signature(**values))
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise GateError(
                f"state/approval/signatures.jsonl:{number}: does not follow from the line before, so the signatures "
                "were altered and none of them counts. Put the file back from a copy, or move it away and let all "
                "sign again."
            ) from problem
        before = hashlib.sha256(line.encode()).hexdigest()
    return found


def _lines(shop: ShopPaths) -> list[str]:
    path = _folder(shop) / "signatures.jsonl"
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def sign(shop: ShopPaths, role: str, name: str, *, now: datetime | None = None) -> Signed:
    """Sign the catalogue as it stands in offers.yml.

    Raises:
        ConfigError: the catalogue is wrong, the role may not sign or signed it already, or the name is no name.
        GateError: the signatures were altered.
    """
    chosen = settings.load(shop.settings)
    _check(role, name, chosen.approval.roles)
    values = version(catalogue.read(shop.catalogue, chosen.shop, chosen.texts), chosen)
    found = version_hash(values)
    with only_run(shop.folder):
        known = signatures(shop)
        before = _standing(known, role, found)
        if before:
            raise ConfigError(f"{before.name} signed this version as {role} at {before.signed_at} already.")
        signature = Signature(role, name.strip(), found, _moment(now))
        # The version first: a signature always has what it is of.
        _keep(shop, found, values)
        _append(shop, signature)
    return Signed(signature, tuple(_missing([*known, signature], chosen.approval.roles, found)))


def take_back(shop: ShopPaths, role: str, name: str, begins: str, *, now: datetime | None = None) -> Signed:
    """Take back a role's signature of the version whose number begins so; nothing of that version leaves any more.

    Raises:
        ConfigError: no signature of the role on one such version stands, or the name is no name.
        GateError: the signatures were altered.
    """
    _check_name(name)
    # A role that need not sign any more may still take its word back.
    roles = settings.load(shop.settings).approval.roles
    with only_run(shop.folder):
        known = signatures(shop)
        signed = sorted({one.version for one in known if one.role == role and _standing(known, role, one.version)})
        found = [one for one in signed if one.startswith(begins)]
        if len(found) != 1:
            listed = ", ".join(one[:12] for one in signed) or "none"
            raise ConfigError(f"--take-back {begins}: is no version that {role} signed; signed and standing: {listed}.")
        signature = Signature(role, name.strip(), found[0], _moment(now), is_taken_back=True)
        _append(shop, signature)
    return Signed(signature, tuple(_missing([*known, signature], roles, found[0])))


def _moment(now: datetime | None) -> str:
    return (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _standing(known: Sequence[Signature], role: str, found: str) -> Signature | None:
    """Return the role's first signature of a version since the last one that was taken back, if it stands."""
    standing = None
    for one in known:
        if (one.role, one.version) == (role, found):
            standing = None if one.is_taken_back else standing or one
    return standing


def _check_name(name: str) -> None:
    if not name.strip() or not name.isprintable() or len(name) > _NAME_CHARACTERS:
        raise ConfigError(f"--name: must be the name of a person in one line, at most {_NAME_CHARACTERS} characters.")


def _check(role: str, name: str, roles: Sequence[str]) -> None:
    _check_name(name)
    if not roles:
        raise ConfigError(
            "shop.yml: approval.roles names nobody who signs. Write them first, such as "
            "`approval: {roles: [accountant, lawyer]}`."
        )
    known = ", ".join(roles)
    if role not in roles:
        raise ConfigError(f"--role {role}: does not sign in this shop.{nearest(role, roles)} Roles: {known}.")


def _keep(shop: ShopPaths, found: str, values: Version) -> None:
    text = json.dumps(dict(values), ensure_ascii=False, sort_keys=True, indent=1)
    _folder(shop).mkdir(parents=True, exist_ok=True)
    durable.replace(_folder(shop) / f"{found}.json", (text + "\n").encode())


def _append(shop: ShopPaths, signature: Signature) -> None:
    lines = _lines(shop)
    before = hashlib.sha256(lines[-1].encode()).hexdigest() if lines else ""
    line = json.dumps({**signature.as_dict(), "previous": before}, ensure_ascii=False, sort_keys=True)
    _folder(shop).mkdir(parents=True, exist_ok=True)
    durable.replace(_folder(shop) / "signatures.jsonl", "".join(f"{one}\n" for one in [*lines, line]).encode())


def _missing(known: Sequence[Signature], roles: Sequence[str], found: str) -> list[str]:
    return [role for role in roles if _standing(known, role, found) is None]


def require(run: Run) -> list[dict[str, object]]:
    """Return the first signature of each role that must sign the night's catalogue.

    Raises:
        GateError: a role has not signed it; says which, and what changed since the version signed last.
    """
    return _required(run, run.settings.approval.roles)


def require_still(run: Run) -> None:
    """Look at the signatures again, later: also roles that shop.yml asks for by now must have signed.

    Raises:
        ConfigError: shop.yml cannot be read.
        GateError: a signature was taken back, is not there any more, or is asked for since.
    """
    now = settings.load(run.shop.settings).approval.roles
    _required(run, (*run.settings.approval.roles, *(role for role in now if role not in run.settings.approval.roles)))


def _required(run: Run, roles: Sequence[str]) -> list[dict[str, object]]:
    if not roles:
        return []
    chosen = run.settings
    values = version(catalogue.read(run.catalogue, chosen.shop, chosen.texts), chosen)
    found, known = version_hash(values), signatures(run.shop)
    missing = _missing(known, roles, found)
    if missing:
        raise GateError(_refusal(run.shop, missing, known, values))
    return [one.as_dict() for role in roles if (one := _standing(known, role, found)) is not None]


def _refusal(shop: ShopPaths, missing: Sequence[str], standing: Sequence[Signature], values: Version) -> str:
    commands = "; ".join(f'offermill sign --role {role} --name "..."' for role in missing)
    return (
        f"offers.yml: version {version_hash(values)[:12]} of catalogue, budget and texts is not signed by "
        f"{', '.join(missing)}, so nothing leaves. {_since(shop, standing, values)}\nTo sign: {commands}"
    )


def _since(shop: ShopPaths, standing: Sequence[Signature], values: Version) -> str:
    if not standing:
        return "Nobody has signed any version yet."
    last = standing[-1]
    path = _folder(shop) / f"{last.version}.json"
    did = "took back the signature of" if last.is_taken_back else "signed"
    told = f"{last.name} ({last.role}) {did} version {last.version[:12]} at {last.signed_at}"
    if not path.is_file():
        return f"{told}; what it said is no longer there."
    found = changes(json.loads(path.read_text(encoding="utf-8")), values)
    if not found:
        return f"{told}: this one."
    rest = len(found) - _SHOWN_CHANGES
    listed = "".join(f"\n  {line}" for line in found[:_SHOWN_CHANGES]) + (f"\n  and {rest} more" if rest > 0 else "")
    return f"{told}. Changed since:{listed}"
