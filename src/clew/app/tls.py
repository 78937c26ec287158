"""Certificates: a pair of files, looked at before anything listens."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from clew.app.http import CannotListen

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tls:
    """What a port shows to clients, in files: a certificate with its chain, and its key."""

    cert: Path
    key: Path

    @classmethod
    def of(cls, cert: Path | None, key: Path | None) -> Self | None:
        """The pair; None without one. Raises `CannotListen` where the two are not what they should be."""
        if cert is None or key is None:
            return None
        for file in (cert, key):
            try:
                file.read_bytes()
            except OSError as error:
                raise CannotListen(f"{file} cannot be read: {error.strerror}.") from error
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key, password=_nobody)
        except (ssl.SSLError, ValueError) as error:
            raise CannotListen(
                f"{cert} and {key} are no certificate and its key, both in PEM, without a password."
            ) from (error)
        return cls(cert, key)


def _nobody() -> str:
    """Instead of asking whoever sits at the terminal for a password."""
    return ""
