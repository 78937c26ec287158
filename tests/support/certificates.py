"""A certificate authority that nobody trusts but who is given its root, and what it has signed for this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import trustme

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files: the authority's root, for clients; the certificate with its chain, and its key, for the server."""

    root: Path
    cert: Path
    key: Path

    @classmethod
    def made(cls, folder: Path, *names: str) -> Self:
        """A new one in this folder, for these names and addresses, or for this machine's own."""
        authority = trustme.CA()
        signed = authority.issue_cert(*(names or ("localhost", "127.0.0.1")))
        made = cls(root=folder / "ca.pem", cert=folder / "cert.pem", key=folder / "key.pem")
        authority.cert_pem.write_to_path(str(made.root))
        for blob in signed.cert_chain_pems:
            blob.write_to_path(str(made.cert), append=made.cert.exists())
        signed.private_key_pem.write_to_path(str(made.key))
        return made
