"""Bytes in a directory, for one server on one machine."""

from clew.storage.directory.directory import (
    CHUNK_BYTES,
    DirectoryBlobs,
    every,
    give_to,
    held,
    owner_of,
    path_of,
    size_of,
    sync,
)

__all__ = ["CHUNK_BYTES", "DirectoryBlobs", "every", "give_to", "held", "owner_of", "path_of", "size_of", "sync"]
