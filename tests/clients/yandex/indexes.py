"""`sdk.search_indexes`, an index, and the operations that make them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from clients.yandex.desk import Desk, check, each, got, refused


async def made(desk: Desk, *contents: bytes, **more: Any) -> Any:
    """An index over new files with these contents."""
    files = [await desk.file(content) for content in contents or (b"To be found.",)]
    return await desk.result(await got(desk.sdk.search_indexes.create_deferred(files, **more)))


@check
async def an_index_is_made_by_an_operation(desk: Desk) -> None:
    file = await desk.file()
    operation = await got(desk.sdk.search_indexes.create_deferred(file, name="n", description="d", labels={"a": "b"}))
    index = await desk.result(operation)
    status = await got(operation.get_status())
    assert (status.is_succeeded, status.is_failed, status.is_running) == (True, False, False)
    assert (index.name, index.description, index.labels, index.folder_id) == ("n", "d", {"a": "b"}, desk.folder)
    assert index.expires_at == index.created_at + timedelta(days=7)
    assert (await got(operation.get_result())).id == index.id
    if desk.is_async:
        assert (await operation).id == index.id


@check
async def an_index_is_of_text_if_nothing_is_said(desk: Desk) -> None:
    index = await made(desk)
    assert type(index.index_type).__name__ == "TextSearchIndexType"
    chunks = index.index_type.chunking_strategy
    assert (chunks.max_chunk_size_tokens, chunks.chunk_overlap_tokens) == (800, 400)


@check
async def an_index_keeps_its_kind_and_settings(desk: Desk) -> None:
    kinds = desk.part("search_indexes")
    chunks = kinds.StaticIndexChunkingStrategy(max_chunk_size_tokens=700, chunk_overlap_tokens=300)
    text = await made(desk, index_type=kinds.TextSearchIndexType(chunking_strategy=chunks))
    assert text.index_type.chunking_strategy == chunks
    vector = await made(desk, index_type=kinds.VectorSearchIndexType(chunking_strategy=chunks))
    assert vector.index_type.chunking_strategy == chunks
    assert vector.index_type.doc_embedder_uri
    assert vector.index_type.query_embedder_uri


@check
async def a_hybrid_index_has_a_way_to_combine(desk: Desk) -> None:
    kinds = desk.part("search_indexes")
    plain = (await made(desk, index_type=kinds.HybridSearchIndexType())).index_type
    assert type(plain.combination_strategy).__name__ == "MeanIndexCombinationStrategy"
    assert list(plain.combination_strategy.weights) == [0.5, 0.5]
    assert plain.normalization_strategy.name == "MIN_MAX"
    fusion = kinds.ReciprocalRankFusionIndexCombinationStrategy(k=30)
    said = kinds.HybridSearchIndexType(normalization_strategy="l2", combination_strategy=fusion)
    found = (await made(desk, index_type=said)).index_type
    assert (found.normalization_strategy.name, found.combination_strategy) == ("L2", fusion)


@check
async def an_index_has_files_and_takes_more(desk: Desk) -> None:
    index = await made(desk, b"one", b"two")
    more = await desk.file(b"three")
    added = await desk.result(await got(index.add_files_deferred(more)))
    assert [file.id for file in added] == [more.id]
    files = [file async for file in each(index.list_files(page_size=2))]
    assert len(files) == 3
    assert {file.search_index_id for file in files} == {index.id}
    found = await got(index.get_file(more.id))
    assert (found.id, found.search_index_id) == (more.id, index.id)


@check
async def a_file_that_is_not_there_makes_no_index(desk: Desk) -> None:
    code, _ = await desk.refusal(lambda: desk.sdk.search_indexes.create_deferred("nope"))
    assert code == "NOT_FOUND"
    assert [one async for one in each(desk.sdk.search_indexes.list())] == []


@check
async def indexes_are_found_listed_updated_and_deleted(desk: Desk) -> None:
    indexes = [await made(desk) for _ in range(3)]
    listed = [index.id async for index in each(desk.sdk.search_indexes.list(page_size=2))]
    assert listed == [index.id for index in indexes][::-1]
    index = await got(desk.sdk.search_indexes.get(indexes[0].id))
    assert await got(index.update(name="other", labels={"c": "d"})) is index
    assert (index.name, index.labels, index.description) == ("other", {"c": "d"}, None)
    await got(index.update(name=None, ttl_days=2, expiration_policy="static"))
    assert (index.name, index.expires_at) == (None, index.created_at + timedelta(days=2))
    await got(index.delete())
    await refused(ValueError, lambda: index.update(name="n"))
    assert await desk.refusal(lambda: desk.sdk.search_indexes.get(index.id)) == (
        "NOT_FOUND",
        f"search index {index.id} not found",
    )


@check
async def a_search_tool_comes_back_with_its_settings(desk: Desk) -> None:
    index = await made(desk)
    strategy = {"type": "function", "function": {"name": "find", "instruction": "look here"}}
    tool = desk.sdk.tools.search_index(index, max_num_results=5, rephraser=True, call_strategy=strategy)
    (found,) = (await desk.assistant(tools=[tool])).tools
    assert (found.search_index_ids, found.max_num_results) == ((index.id,), 5)
    assert found.rephraser.uri == f"gpt://{desk.folder}/rephraser/latest"
    assert found.call_strategy.value == strategy
    (plain,) = (await desk.assistant(tools=[desk.sdk.tools.search_index(index.id)])).tools
    assert plain.call_strategy.value == "always"
