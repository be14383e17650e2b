"""Settings of the last checks before anything leaves, and of who must sign it."""

from typing import Annotated

from pydantic import Field, field_validator

from offermill.settings_section import Section


class LastCheckSettings(Section):
    """When the rows about to leave are held back."""

    # Nothing leaves when the newest consents are older than so many days before the business date.
    consent_days_max: Annotated[int, Field(ge=0)] = 3
    # The same for suppressions, where the source is declared; a shop that delivers them only when there are new ones
    # sets more. 0: they must be of the business date itself.
    suppression_days_max: Annotated[int, Field(ge=0)] = 3660
    # false: this shop keeps no list of people whom nobody may tell anything. While true, e-mails, text messages and ads
    # wait for the first delivery of `suppressions`, if only of an empty list.
    has_suppression_list: bool = True
    # People who share an address are a household, whom one suppression silences, unless more people than this share it.
    household_people_max: Annotated[int, Field(ge=2)] = 8
    # For so many days a night keeps what the check right before sending needs; an older one is not sent any more.
    kept_days: Annotated[int, Field(ge=1)] = 90
    # An offer that lowers a price for one person must say that its price is personalised (directive 2011/83/EU).
    price_notice: bool = True


class ApprovalSettings(Section):
    """Who must have signed the catalogue, its budget and its texts before lists leave."""

    # Roles of which somebody must sign, such as [accountant, lawyer]; none: lists leave unsigned.
    roles: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z_-]{0,30}$")], ...] = ()

    @field_validator("roles")
    @classmethod
    def _each_once(cls, roles: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(roles)) != len(roles):
            raise ValueError("names a role twice.")
        return roles
