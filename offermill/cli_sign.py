"""`offermill sign`."""

from importlib import import_module
from typing import Annotated

import typer

from offermill.cli_shared import DEFAULT_SHOP, JsonOption, ShopOption, plainly, show
from offermill.paths import ShopPaths


@plainly
def sign(
    role: Annotated[str, typer.Option(help="As what you sign; one of approval.roles in shop.yml.")],
    name: Annotated[str, typer.Option(help="Who you are, in one line; it stands beside the signature.")],
    take_back: Annotated[
        str, typer.Option(help="Take your signature back, of the version whose number begins so.")
    ] = "",
    shop: ShopOption = DEFAULT_SHOP,
    as_json: JsonOption = False,
) -> None:
    """Sign the catalogue, its budget and its texts as they stand; a shop may ask for it before lists leave."""
    approval = import_module("offers.approval")
    signed = (
        approval.take_back(ShopPaths(shop), role, name, take_back)
        if take_back
        else approval.sign(ShopPaths(shop), role, name)
    )
    show(as_json, signed.as_dict(), lambda: signed.as_text())
