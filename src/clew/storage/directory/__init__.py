"""Bytes in a directory, for one server on one machine."""

from clew.storage.directory.directory import DirectoryBlobs

__all__ = ["DirectoryBlobs"]
