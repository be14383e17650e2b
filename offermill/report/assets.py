"""Scripts and styles of the pages, from files in this package and in the locked Python packages; never from a host."""

import base64
import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static"


@cache
def style() -> str:
    """Return the style sheet."""
    return (FOLDER / "report.css").read_text(encoding="utf-8")


@cache
def script() -> str:
    """Return the script that draws the charts, filters tables and adds up what a reader picks."""
    return "".join((FOLDER / name).read_text(encoding="utf-8") for name in ("report.js", "cells.js", "filters.js"))


@cache
def vega() -> tuple[str, bytes]:
    """Return Vega, Vega-Lite and Vega-Embed as one script, named by its content: (file name, bytes)."""
    import vl_convert  # 40 MB of native code that only this needs

    data = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").encode()
    return f"vega-{hashlib.sha256(data).hexdigest()[:12]}.js", data


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


@cache
def policy() -> str:
    """Return the content security policy: our one script beside the pages, our inline script by hash, no host."""
    return (
        f"default-src 'none'; script-src 'self' {_hash(script())}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
