"""Vector stores: this dialect's name for indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from clew.dialects.openai import wire
from clew.dialects.openai.mapping.common import metadata_to_wire, seconds, seconds_or_none
from clew.domain.expiration import DAY_SECONDS, Expiration, Policy
from clew.domain.index import Chunking
from clew.service.indexes import NewIndex, NewPlace, expired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clew.domain.index import Batch, Counts, Index, IndexFile

Wire = dict[str, Any]

_ERRORS: Final = frozenset({"server_error", "unsupported_file", "invalid_file"})


def index_expiration(sent: Wire | None) -> Expiration | None:
    """`expires_after`: whole days since the last activity; None for null."""
    if sent is None:
        return None
    return Expiration(policy=Policy.SINCE_LAST_ACTIVE, ttl_seconds=sent["days"] * DAY_SECONDS)


def _expiration_to_wire(expiration: Expiration | None) -> wire.StoreExpiry | None:
    """In whole days, as this dialect counts; what another one set in a finer measure is rounded up."""
    if expiration is None:
        return None
    return wire.StoreExpiry(days=max(1, -(-expiration.ttl_seconds // DAY_SECONDS)))


def chunking_from_wire(sent: Wire | None) -> Chunking:
    """How texts are cut; `auto` is 800 and 400."""
    static = (sent or {}).get("static")
    if static is None:
        return Chunking()
    return Chunking(size_max=static["max_chunk_size_tokens"], overlap=static["chunk_overlap_tokens"])


def index_from_wire(sent: Wire) -> NewIndex:
    """A new store, with its files cut as the store says."""
    chunking = chunking_from_wire(sent.get("chunking_strategy"))
    return NewIndex(
        name=sent.get("name"),
        description=sent.get("description"),
        metadata=sent.get("metadata") or {},
        expiration=index_expiration(sent.get("expires_after")),
        files=tuple(NewPlace(file_id=file_id, chunking=chunking) for file_id in sent.get("file_ids") or ()),
    )


def new_indexes(resources: Mapping[str, Any] | None) -> tuple[NewIndex, ...]:
    """The stores that are to be made along with a thread or an assistant."""
    search: Wire = (resources or {}).get("file_search") or {}
    return tuple(index_from_wire(one) for one in search.get("vector_stores") or ())


def place_from_wire(sent: Wire) -> NewPlace:
    """A file to put into a store."""
    return NewPlace(
        file_id=sent["file_id"],
        chunking=chunking_from_wire(sent.get("chunking_strategy")),
        attributes=sent.get("attributes") or {},
    )


def batch_places(sent: Wire) -> list[NewPlace]:
    """The files of a batch: a list of ids that share what the batch says, or files that each say their own."""
    if "files" in sent:
        return [place_from_wire(one) for one in sent["files"]]
    shared = {name: sent.get(name) for name in ("attributes", "chunking_strategy")}
    return [place_from_wire({**shared, "file_id": file_id}) for file_id in sent["file_ids"]]


def _counts(counts: Counts) -> wire.FileCounts:
    return wire.FileCounts(
        in_progress=counts.in_progress,
        completed=counts.completed,
        failed=counts.failed,
        cancelled=counts.cancelled,
        total=counts.total,
    )


def index_to_wire(index: Index, *, now: int) -> wire.VectorStore:
    """A store; one past its end says so."""
    status: Literal["in_progress", "completed", "expired"] = "completed"
    if expired(index, now=now):
        status = "expired"
    elif index.counts.in_progress:
        status = "in_progress"
    return wire.VectorStore(
        id=index.id,
        created_at=seconds(index.created_at),
        name=index.name or "",
        description=index.description,
        usage_bytes=index.size,
        file_counts=_counts(index.counts),
        status=status,
        expires_after=_expiration_to_wire(index.expiration),
        expires_at=seconds_or_none(index.expires_at),
        last_active_at=seconds(index.last_active_at),
        metadata=metadata_to_wire(index.metadata),
    )


def index_file_to_wire(file: IndexFile) -> wire.VectorStoreFile:
    """A file's place in a store."""
    error = None
    if file.error is not None:
        code: Any = file.error.code if file.error.code in _ERRORS else "server_error"
        error = wire.IndexingError(code=code, message=file.error.message)
    sizes = wire.ChunkSizes(max_chunk_size_tokens=file.chunking.size_max, chunk_overlap_tokens=file.chunking.overlap)
    return wire.VectorStoreFile(
        id=file.file_id,
        usage_bytes=file.size,
        created_at=seconds(file.created_at),
        vector_store_id=file.index_id,
        status=file.state.value,
        last_error=error,
        chunking_strategy=wire.StaticChunking(static=sizes),
        attributes=file.attributes,
    )


def batch_to_wire(batch: Batch) -> wire.FileBatch:
    """A batch. Its status follows from its files."""
    status: Literal["in_progress", "completed", "cancelled"] = "completed"
    if batch.cancelled:
        status = "cancelled"
    elif batch.counts.in_progress:
        status = "in_progress"
    return wire.FileBatch(
        id=batch.id,
        created_at=seconds(batch.created_at),
        vector_store_id=batch.index_id,
        status=status,
        file_counts=_counts(batch.counts),
    )
