"""When two written addresses are the same person's: one comparable key per address, however it was spelled.

Keys only compare; nothing is ever sent to one. They err on the side of silence: an address that may be read in two ways
has the key of the reading that is a real address.
"""

import re
import unicodedata

import idna

from offers.channels import phone

# Soft hyphens too: they are seen nowhere and pasted everywhere.
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
_ANGLES = re.compile(r"<([^<>]*@[^<>]*)>")
_NOT_DIGITS = re.compile(r"[^0-9]")
_PHONE_LETTERS = re.compile(
    r"^\s*(?:tel|phone|mob|whatsapp|t|тел|tālr)\s*[.:]\s*|\s*(?:ext|доб|iekš)\b.*$", re.IGNORECASE
)
_TRUNK_IN_BRACKETS = re.compile(r"\(\s*[08]\s*\)")
# How lines abroad are reached: most of the world, the former Soviet Union, North America.
_ABROAD = ("00", "810", "011")
# In one mailbox, whatever dots are typed; the second is the first's other name.
_GMAIL = ("gmail.com", "googlemail.com")
_PLAIN_EMAIL = re.compile(r"[a-z0-9._-]+@[a-z0-9.-]+\.[a-z]{2,}")
# Fewer digits are a short code or a typing error, and name nobody.
_FEWEST_DIGITS = 7
KINDS = ("email", "phone", "customer", "household")


def _plain(text: str) -> str:
    """Return the text without unseen characters, in one composition and width."""
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).strip()


def _domain(written: str) -> str:
    text = written.strip().strip(".").lower()
    try:
        return idna.encode(text, uts46=True).decode()
    except idna.IDNAError:
        return text


def _bare_email(written: str) -> str:
    """Return the address inside `Anna <anna@example.org>`, `mailto:` and quotes."""
    text = _plain(written)
    inner = _ANGLES.search(text)
    text = inner[1] if inner else text
    return re.sub(r"\s", "", text).removeprefix("mailto:").removeprefix("MAILTO:").strip("\"'<>,;.")


def email(written: str) -> str | None:
    """Return the comparable form of an e-mail address, or None when it is none.

    Case, blanks, composition and width of letters, tags after `+`, dots in front of gmail.com and the two ways to
    write an international domain make no difference. Dots elsewhere do: they are other people's addresses.
    """
    found = written.strip().lower()
    if not _PLAIN_EMAIL.fullmatch(found):
        found = _bare_email(written).casefold()
    local, _, host = found.rpartition("@")
    local, host = local.strip('"').split("+")[0], _domain(host)
    if host in _GMAIL:
        local, host = local.replace(".", ""), _GMAIL[0]
    return f"{local}@{host}" if local and host else None


def _readings(text: str) -> list[str]:
    """Return the ways in which a number may have been meant, the most likely first."""
    bare = _TRUNK_IN_BRACKETS.sub("", text)
    digits = _NOT_DIGITS.sub("", bare)
    abroad = [f"+{digits.removeprefix(prefix)}" for prefix in _ABROAD if digits.startswith(prefix)]
    if bare.lstrip().startswith("+"):
        return [bare, f"+{digits}", *abroad]
    return [*abroad, bare, digits, f"+{digits}", *_behind_trunk(digits)]


def _behind_trunk(digits: str) -> list[str]:
    """Return what a number behind the old trunk prefix 8 may be: the shop's, one of Russia's ten digits, another's."""
    rest = digits.removeprefix("8")
    return [] if rest == digits else [rest, *([f"+7{rest}"] if len(rest) == 10 else []), f"+{rest}"]


def telephone(written: str, country: str) -> str | None:
    """Return the comparable form of a telephone number, or None when it is none.

    `country` (ISO 3166 letters) owns numbers without a country; a leading 8 may be the old trunk prefix. What no
    reading makes a number of some country compares by its digits.
    """
    text = _PHONE_LETTERS.sub("", _plain(written))
    digits = _NOT_DIGITS.sub("", "".join(str(unicodedata.digit(one, "")) for one in text))
    if len(digits) < _FEWEST_DIGITS:
        return None
    known = (phone.e164(reading, country) for reading in _readings(text))
    return next((one for one in known if one), f"digits {digits}")


def household(written: str) -> str | None:
    """Return the comparable form of a household's number or postal address: letters and digits, words apart."""
    words = re.findall(r"[^\W_]+", _plain(written).casefold())
    return " ".join(words) or None


def customer(written: str) -> str | None:
    """Return a record's id: its bytes, without blanks around it."""
    return written.strip() or None


def key(kind: str, written: str, country: str) -> str | None:
    """Return the key of an address of a known kind: `email:anna@gmail.com`, `phone:+37129123456`, `customer:c17`."""
    if kind == "phone":
        found = telephone(written, country)
    else:
        found = {"email": email, "customer": customer, "household": household}[kind](written)
    return f"{kind}:{found}" if found else None


def keys(kind: str, written: str, country: str) -> frozenset[str]:
    """Return the keys of a suppressed value: one, or every reading of it when its kind says nothing."""
    kinds = (kind,) if kind in KINDS else KINDS
    return frozenset(found for one in kinds if (found := key(one, written, country)))
