"""What every part of shop.yml is."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of shop.yml: unknown keys are errors, values do not change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)
