"""Indexes: searchable sets of files (OpenAI's vector stores, Yandex's search indexes)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from clew.domain.expiration import Expiration
from clew.domain.item import Fault
from clew.domain.noun import Noun


class IndexingState(StrEnum):
    """Where a file in an index is."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Chunking(Noun, frozen=True, kw_only=True):
    """How texts are cut: sizes in tokens."""

    size_max: int = 800
    overlap: int = 400


class Counts(Noun, frozen=True, kw_only=True):
    """How many files of an index or batch are in which state."""

    in_progress: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.in_progress + self.completed + self.failed + self.cancelled


class Index(Noun, frozen=True, kw_only=True):
    """One index. `counts` and `size` (bytes) are worked out from its files when it is read.

    `config` says how it searches; so far it is only kept. None is a text index with the usual settings. Its `kind` is
    `text`, `vector` or `hybrid`, and `chunking` has the fields of `Chunking`. A text index has a `tokenizer`
    (`standard`, or `ngram` with `grams`, the least and the most) and an `analyzer` (`standard` or `lemmer`), a vector
    index the names of its `document_model` and `query_model`. A hybrid has both, as `text` and `vector`, each cut as
    the whole is where it says no chunking of its own; a `normalization` (`min_max` or `l2`); and a `combination`:
    `rrf_k`, or `mean` (`arithmetic`, `geometric`, `harmonic`) with the two `weights`.
    """

    project_id: str
    id: str
    created_at: int
    updated_at: int
    last_active_at: int
    name: str | None = None
    description: str | None = None
    metadata: dict[str, Any] = {}
    expiration: Expiration | None = None
    expires_at: int | None = None
    config: dict[str, Any] | None = None
    folder: str | None = None
    created_by: str | None = None
    updated_by: str | None = None
    counts: Counts = Counts()
    size: int = 0


def chunking_of(index: Index) -> Chunking:
    """How the files of this index are cut."""
    said = (index.config or {}).get("chunking")
    return Chunking(**said) if said else Chunking()


class IndexFile(Noun, frozen=True, kw_only=True):
    """A file's place in an index."""

    project_id: str
    index_id: str
    file_id: str
    created_at: int
    state: IndexingState
    size: int = 0
    chunking: Chunking = Chunking()
    attributes: dict[str, Any] = {}
    error: Fault | None = None
    batch_id: str | None = None
    created_by: str | None = None


class Batch(Noun, frozen=True, kw_only=True):
    """Files that were put into an index together."""

    project_id: str
    index_id: str
    id: str
    created_at: int
    cancelled: bool = False
    created_by: str | None = None
    counts: Counts = Counts()
