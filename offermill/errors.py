"""Errors that a person who runs Offermill can act on: what was got, what was expected, where, what to do next."""


class OffermillError(Exception):
    """Base of every error meant for a user; the command line prints its message and exits with `exit_code`."""

    exit_code = 1


class ConfigError(OffermillError):
    """shop.yml, offers.yml or an expectations file says something that cannot be meant."""

    exit_code = 2


class InputError(OffermillError):
    """A delivery cannot be read at all, or too many of its records are bad."""

    exit_code = 3


class GateError(OffermillError):
    """A critical check failed: the night stops and nothing is published."""

    exit_code = 4


class ModelError(OffermillError):
    """A stored model is missing, altered, or was trained on other features."""

    exit_code = 5


class PublishError(OffermillError):
    """A publication would differ from the one that stands, or its files do not match their manifest."""

    exit_code = 6


class WarehouseError(OffermillError):
    """The warehouse file cannot be opened or written."""

    exit_code = 7


class DeliveryError(OffermillError):
    """A published file did not reach its target, or the delivery log was changed."""

    exit_code = 8
