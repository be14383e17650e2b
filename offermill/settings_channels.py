"""The `channels:` section of shop.yml: one block per system that is told of offers."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from offermill.settings_delivery import DeliverySettings

Block = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
OptionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class ChannelSettings(BaseModel):
    """One channel: `channels: {newsletter: {target: mailchimp, channel: [email]}}`.

    Its files lie in exports/<edition>/channels/<block>/. What a target writes stands in docs/reference/channels.md.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    # What the files are made for: a module of offers/channels, such as generic, salesforce or mailchimp.
    target: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    # full: everything that leaves tonight. delta: what the last publication that arrived did not tell this block.
    mode: Literal["full", "delta"] = "full"
    # Offers told by these channels only, such as [email]; left out for all that the target can carry.
    channel: tuple[Literal["email", "sms", "push", "post"], ...] = ()
    # Offers to customers in one of these segments only; left out for all. Withdrawals are told whatever the segment.
    segments: tuple[str, ...] = ()
    # What the target wants to know besides; see the target.
    options: dict[OptionName, str] = {}
    # Where the files go after publication; left out when somebody fetches them.
    delivery: DeliverySettings | None = None
