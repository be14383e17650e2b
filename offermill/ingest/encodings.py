"""A guess at the encoding of bytes that are not UTF-8, for a hint in an error; never used to read anything."""

import re

import charset_normalizer

# What shops of the region export, with the letters beyond ASCII that their names are made of.
_LATIN = "āčēģīķļņšūžŗōąęėįųäöüõ"
_CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
CANDIDATES = {
    "windows-1257": _LATIN,
    "windows-1251": _CYRILLIC,
    "koi8-r": _CYRILLIC,
    "cp866": _CYRILLIC,
    "cp775": _LATIN,
}
# Below this share of expected letters none of the candidates is believed.
BELIEVED = 0.8

# Signs of a wrong guess: a capital inside a word, a Latin letter beside a Cyrillic one.
_CAPITALS, _SMALL = "A-Z" + (_LATIN + _CYRILLIC).upper(), "a-z" + _LATIN + _CYRILLIC
_CYRILLIC_LETTER = f"[{_CYRILLIC}{_CYRILLIC.upper()}]"
_ODD = re.compile(
    rf"(?<=[^\W\d_])[{_CAPITALS}](?=[{_SMALL}])|[A-Za-z](?={_CYRILLIC_LETTER})|{_CYRILLIC_LETTER}(?=[A-Za-z])"
)


def guess(sample: bytes) -> str | None:
    """Return the most likely encoding as one would write it in shop.yml, or None."""
    scores = {name: _score(sample, name, letters) for name, letters in CANDIDATES.items()}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= BELIEVED else _general_guess(sample)


def _score(sample: bytes, encoding: str, letters: str) -> float:
    """Return the share of characters beyond ASCII that are expected letters, less for signs of a wrong guess."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    foreign = [character for character in text if not character.isascii()]
    expected = sum(character.lower() in letters for character in foreign)
    return (expected - len(_ODD.findall(text))) / max(len(foreign), 1)


def _general_guess(sample: bytes) -> str | None:
    best = charset_normalizer.from_bytes(sample).best()
    if best is None or best.encoding in ("utf_8", "ascii"):
        return None
    return re.sub(r"^cp(125\d)$", r"windows-\1", best.encoding).replace("_", "-")
