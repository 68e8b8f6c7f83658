"""The certificate that the SMTP door shows: read, judged, and read again when its files change, without a restart.

A new file that cannot be used never takes the place of one that can: the old certificate stays in use, and the log and /health
say why.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.errors import ConfigError
from gateway.settings.certificate import Certificate

if TYPE_CHECKING:  # loaded where a listener speaks TLS
    from cryptography import x509

logger = logging.getLogger(__name__)


class Certificates:
    """What is in use now.  Raises ConfigError at first when it cannot be used."""

    def __init__(self, settings: Certificate, *, base: Path = Path()) -> None:
        """Relative paths of the settings start at ``base``."""
        self._settings = settings
        self._certificate = base / settings.file
        self._key = base / settings.key if settings.key else self._certificate
        self._client_ca = base / settings.client_ca if settings.client_ca else None
        self.handshake_s = settings.handshake_s
        self.trouble = ""  # why the newest files are not in use
        self._seen = self._stamps()
        self.context, self.leaf = self._read()

    def refresh(self, *, even_unchanged: bool = False) -> None:
        """Read the files again if they changed.  Not for the loop; never raises."""
        stamps = self._stamps()
        if stamps == self._seen and not even_unchanged:
            return
        self._seen = stamps
        try:
            context, leaf = self._read()
        except ConfigError as error:
            self.trouble = str(error)
            logger.error("the certificate in use stays, because the new one cannot be used: %s", error)
            return
        is_new = leaf != self.leaf
        self.trouble, self.context, self.leaf = "", context, leaf
        if is_new:
            logger.info("a new certificate is in use, good until %s", leaf.not_valid_after_utc.date())

    def live(self, now: datetime) -> dict[str, object]:
        """For /health."""
        days = days_left(self.leaf, now)
        return {
            "days_left": days,
            "alarm": days < self._settings.alarm_days or bool(self.trouble),
            "trouble": self.trouble,
        }

    def _read(self) -> tuple[ssl.SSLContext, x509.Certificate]:
        """Raises ConfigError with the file and what is wrong in it."""
        from cryptography import x509

        try:
            leaf = x509.load_pem_x509_certificate(self._certificate.read_bytes())
        except OSError as error:
            raise ConfigError(f"[smtp.certificate] file: {self._certificate}: {error.strerror}") from error
        except ValueError as error:
            raise ConfigError(f"[smtp.certificate] file: {self._certificate}: expected a certificate as PEM") from error
        # TLS 1.2 and above, forward secrecy, no compression: what the library holds for safe today, and tomorrow's tomorrow.
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            # A key with a password would make the library ask the terminal for it.
            context.load_cert_chain(self._certificate, self._key, password=lambda: "")
        except OSError as error:
            raise ConfigError(f"[smtp.certificate] key: {self._key}: {_of_key(error)}") from error
        if self._client_ca is not None:
            self._ask_clients(context, self._client_ca)
        return context, leaf

    def _ask_clients(self, context: ssl.SSLContext, authorities: Path) -> None:
        try:
            context.load_verify_locations(authorities)
        except OSError as error:
            why = error.strerror if not isinstance(error, ssl.SSLError) and error.strerror else "expected certificates as PEM"
            raise ConfigError(f"[smtp.certificate] client_ca: {authorities}: {why}") from error
        context.verify_mode = ssl.CERT_OPTIONAL

    def _stamps(self) -> tuple[tuple[int, int] | None, ...]:
        """What changes when a file is written or replaced."""
        files = (self._certificate, self._key, self._client_ca)
        return tuple(_stamp(file) for file in files if file is not None)


def days_left(leaf: x509.Certificate, now: datetime) -> int:
    """Whole days until it ends; negative when it has ended."""
    return (leaf.not_valid_after_utc - now).days


def findings(leaf: x509.Certificate, *, hostname: str, alarm_days: int, now: datetime) -> Iterator[tuple[bool, str]]:
    """What is wrong (True) or strange with a certificate, in Vietnamese."""
    days = days_left(leaf, now)
    until = leaf.not_valid_after_utc.strftime("%d/%m/%Y")
    if days < 0:
        yield True, f"chứng thư số đã hết hạn ngày {until}"
    elif days < alarm_days:
        yield False, f"chứng thư số còn {days} ngày (đến {until}): cần gia hạn"
    if leaf.not_valid_before_utc > now:
        yield True, f"chứng thư số chỉ có hiệu lực từ {leaf.not_valid_before_utc.strftime('%d/%m/%Y')}"
    names = names_in(leaf)
    if not any(_is_name(name, hostname) for name in names):
        yield False, f"chứng thư số cấp cho {', '.join(names) or 'không tên nào'}, không phải {hostname!r} ([smtp] hostname)"


def names_in(leaf: x509.Certificate) -> tuple[str, ...]:
    """The names that it is for; the common name only where there are no others (RFC 6125 section 6.4.4)."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    try:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return tuple(extension.value.get_values_for_type(x509.DNSName))
    except (x509.ExtensionNotFound, ValueError):
        return tuple(str(name.value) for name in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME))


def _is_name(name: str, hostname: str) -> bool:
    """Whether a name of a certificate is this host's; a star stands for one label."""
    name, hostname = name.lower(), hostname.lower()
    return name == hostname or (name.startswith("*.") and name[2:] == hostname.partition(".")[2])


def _of_key(error: OSError) -> str:
    """What is wrong with a key."""
    if not isinstance(error, ssl.SSLError):
        return error.strerror or str(error)
    if error.reason == "KEY_VALUES_MISMATCH":
        return "this key does not belong to the certificate"
    return "expected a private key as PEM, without a password"


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
