"""From a block's settings to the way its files go."""

from datetime import date

from offermill.settings_delivery import DeliverySettings
from offers.delivery.backoff import Clock
from offers.delivery.transport import Transport


def open_transport(settings: DeliverySettings, day: date, clock: Clock) -> Transport:
    """Return the way to the target that a block names; nothing is connected yet, and only what it needs is imported."""
    timeout = settings.retry.timeout_seconds
    if settings.s3 is not None:
        from offers.delivery.s3 import S3Transport

        return S3Transport(settings.s3, timeout, clock)
    if settings.http is not None:
        from offers.delivery.http import HttpTransport

        return HttpTransport(settings.http, timeout, clock, day.isoformat())
    return _files(settings, timeout)


def _files(settings: DeliverySettings, timeout: float) -> Transport:
    from offers.delivery.files import FileTransport

    if settings.sftp is not None:
        from offers.delivery.sftp import SftpFiles

        return FileTransport(SftpFiles(settings.sftp, timeout))
    from offers.delivery.folder import LocalFiles

    if settings.folder is None:
        raise ValueError("settings without a target")  # pydantic holds that there is one
    return FileTransport(LocalFiles(settings.folder))
