"""Text from outside made inert for a page: what could reorder, hide or forge characters is shown, not obeyed."""

import re

# Control characters, zero-width ones, and those that change the direction of what follows.
_TRICKY = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def _shown(match: re.Match[str]) -> str:
    character = match[0]
    return " " if character in "\t\n\r" else f"\u27e8U+{ord(character):04X}\u27e9"


def inert(value: str) -> str:
    """Return `value` with line breaks and tabs as blanks and tricky characters spelled out, e.g. ⟨U+202E⟩."""
    return _TRICKY.sub(_shown, value)
