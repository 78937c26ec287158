"""Search indexes over gRPC, and the same over OpenAI's surface as vector stores."""

from typing import Any

import grpc
import pytest
from openai import OpenAI

from clew.dialects.yandex import wire
from support.server import RunningServer
from support.stub import Stub, refused

DAY = 86_400
CODES = grpc.StatusCode
CUT = wire.ChunkingStrategy(
    static_strategy=wire.StaticChunkingStrategy(max_chunk_size_tokens=800, chunk_overlap_tokens=400)
)
TEXT = wire.TextSearchIndex(
    chunking_strategy=CUT,
    standard_tokenizer=wire.StandardTokenizer(),
    yandex_lemmer_analyzer=wire.YandexLemmerAnalyzer(),
)
VECTOR = wire.VectorSearchIndex(
    doc_embedder_uri="emb://default/text-search-doc/latest",
    query_embedder_uri="emb://default/text-search-query/latest",
    chunking_strategy=CUT,
)


def cut(size: int, overlap: int) -> wire.ChunkingStrategy:
    return wire.ChunkingStrategy(
        static_strategy=wire.StaticChunkingStrategy(max_chunk_size_tokens=size, chunk_overlap_tokens=overlap)
    )


def uploaded(stub: Stub, content: bytes = b"to be", **more: object) -> str:
    return stub("FileService.Create", wire.CreateFileRequest(folder_id="default", content=content, **more)).id


def asked(stub: Stub, **more: object) -> wire.Operation:
    return stub("SearchIndexService.Create", wire.CreateSearchIndexRequest(**{"folder_id": "default", **more}))


def response(operation: wire.Operation, kind: Any = wire.SearchIndex) -> Any:
    assert operation.done
    assert not operation.HasField("error"), operation.error
    found = kind()
    assert operation.response.Unpack(found)
    return found


def made(stub: Stub, **more: object) -> wire.SearchIndex:
    return response(asked(stub, **more))


def test_making_one_is_an_operation_that_is_done(stub: Stub) -> None:
    operation = asked(stub, file_ids=[uploaded(stub)], name="n", description="d", labels={"a": "b"})
    index = response(operation)
    assert (operation.description, operation.created_by) == ("search index creation", "anyone")
    assert operation.response.type_url == "type.googleapis.com/yandex.cloud.ai.assistants.v1.searchindex.SearchIndex"
    assert stub("OperationService.Get", wire.GetOperationRequest(operation_id=operation.id)) == operation
    assert stub("OperationService.Cancel", wire.CancelOperationRequest(operation_id=operation.id)) == operation
    assert (index.name, index.description, index.labels, index.folder_id) == ("n", "d", {"a": "b"}, "default")
    assert index.expiration_config.ttl_days == 7
    assert index.expires_at.seconds == index.created_at.seconds + 7 * DAY
    assert stub("SearchIndexService.Get", wire.GetSearchIndexRequest(search_index_id=index.id)).id == index.id


class TestKind:
    """What is filled in, and that what was said comes back."""

    def test_without_a_kind_it_is_for_text(self, stub: Stub) -> None:
        assert made(stub).text_search_index == TEXT

    def test_text(self, stub: Stub) -> None:
        said = wire.TextSearchIndex(
            chunking_strategy=cut(1000, 0),
            ngram_tokenizer=wire.NgramTokenizer(),
            standard_analyzer=wire.StandardAnalyzer(),
        )
        shown = made(stub, text_search_index=said).text_search_index
        assert (shown.ngram_tokenizer.min_gram.value, shown.ngram_tokenizer.max_gram.value) == (3, 4)
        said.ngram_tokenizer.MergeFrom(shown.ngram_tokenizer)
        assert shown == said

    def test_vector(self, stub: Stub) -> None:
        assert made(stub, vector_search_index=wire.VectorSearchIndex()).vector_search_index == VECTOR
        said = wire.VectorSearchIndex(doc_embedder_uri="a", query_embedder_uri="b", chunking_strategy=cut(100, 50))
        assert made(stub, vector_search_index=said).vector_search_index == said

    def test_a_hybrid_always_says_how_it_combines(self, stub: Stub) -> None:
        shown = made(stub, hybrid_search_index=wire.HybridSearchIndex()).hybrid_search_index
        mean = shown.combination_strategy.mean_combination
        assert mean.mean_evaluation_technique == wire.MeanCombinationStrategy.ARITHMETIC
        assert list(mean.weights) == [0.5, 0.5]
        assert shown.normalization_strategy == wire.MIN_MAX
        assert shown.chunking_strategy == CUT
        assert not shown.text_search_index.HasField("chunking_strategy")
        assert not shown.vector_search_index.HasField("chunking_strategy")
        assert shown.text_search_index.HasField("yandex_lemmer_analyzer")
        assert shown.vector_search_index.doc_embedder_uri == VECTOR.doc_embedder_uri

    def test_a_hybrid_as_said(self, stub: Stub) -> None:
        said = wire.HybridSearchIndex(
            text_search_index=wire.TextSearchIndex(
                chunking_strategy=cut(200, 100),
                standard_tokenizer=wire.StandardTokenizer(),
                standard_analyzer=wire.StandardAnalyzer(),
            ),
            vector_search_index=wire.VectorSearchIndex(doc_embedder_uri="a", query_embedder_uri="b"),
            chunking_strategy=cut(2048, 1024),
            normalization_strategy=wire.L2,
            combination_strategy=wire.CombinationStrategy(
                mean_combination=wire.MeanCombinationStrategy(
                    mean_evaluation_technique=wire.MeanCombinationStrategy.HARMONIC, weights=[0.3, 0.7]
                )
            ),
        )
        assert made(stub, hybrid_search_index=said).hybrid_search_index == said

    @pytest.mark.parametrize(("said", "shown"), [(None, 60), (7, 7)])
    def test_reciprocal_ranks(self, stub: Stub, said: int | None, shown: int) -> None:
        rrf = wire.ReciprocalRankFusionCombinationStrategy(k=None if said is None else wire.Int64Value(value=said))
        hybrid = wire.HybridSearchIndex(combination_strategy=wire.CombinationStrategy(rrf_combination=rrf))
        found = made(stub, hybrid_search_index=hybrid).hybrid_search_index
        assert found.combination_strategy.rrf_combination.k.value == shown


def mean(**more: object) -> wire.HybridSearchIndex:
    return wire.HybridSearchIndex(
        combination_strategy=wire.CombinationStrategy(mean_combination=wire.MeanCombinationStrategy(**more))
    )


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"folder_id": ""}, "folder_id"),
        (
            {"text_search_index": wire.TextSearchIndex(chunking_strategy=cut(99, 0))},
            "text_search_index.chunking_strategy.static_strategy.max_chunk_size_tokens: must be between 100 and 2048",
        ),
        ({"text_search_index": wire.TextSearchIndex(chunking_strategy=cut(2049, 0))}, "text_search_index.chunking"),
        (
            {"vector_search_index": wire.VectorSearchIndex(chunking_strategy=cut(101, 51))},
            "vector_search_index.chunking_strategy.static_strategy.chunk_overlap_tokens: must be between 0 and half",
        ),
        (
            {
                "hybrid_search_index": wire.HybridSearchIndex(
                    text_search_index=wire.TextSearchIndex(chunking_strategy=cut(800, -1))
                )
            },
            "hybrid_search_index.text_search_index.chunking_strategy.static_strategy.chunk_overlap_tokens",
        ),
        ({"hybrid_search_index": wire.HybridSearchIndex(normalization_strategy=9)}, "hybrid_search_index.normal"),
        (
            {"hybrid_search_index": mean(weights=[0.5, 0.6])},
            "hybrid_search_index.combination_strategy.mean_combination.weights: must be two",
        ),
        ({"hybrid_search_index": mean(weights=[1])}, "hybrid_search_index.combination_strategy.mean"),
        ({"hybrid_search_index": mean(weights=[-1, 2])}, "hybrid_search_index.combination_strategy.mean"),
        ({"hybrid_search_index": mean(mean_evaluation_technique=9)}, "hybrid_search_index.combination_strategy.mean"),
        (
            {
                "text_search_index": wire.TextSearchIndex(
                    ngram_tokenizer=wire.NgramTokenizer(
                        min_gram=wire.Int64Value(value=5), max_gram=wire.Int64Value(value=4)
                    )
                )
            },
            "text_search_index.ngram_tokenizer",
        ),
        ({"expiration_config": wire.ExpirationConfig(ttl_days=-1)}, "expiration_config.ttl_days"),
    ],
)
def test_settings_that_cannot_be_are_named(stub: Stub, fields: dict[str, Any], named: str) -> None:
    code, text = refused(lambda: asked(stub, **fields))
    assert code is CODES.INVALID_ARGUMENT
    assert text.startswith(named)
    assert not stub("SearchIndexService.List", wire.ListSearchIndicesRequest(folder_id="default")).indices


def test_an_update_leaves_how_it_searches(stub: Stub) -> None:
    index = made(stub, name="n", vector_search_index=VECTOR, expiration_config=wire.ExpirationConfig(ttl_days=3))
    update = wire.UpdateSearchIndexRequest(search_index_id=index.id, description="d")
    new = stub("SearchIndexService.Update", update)
    assert (new.name, new.description, new.expiration_config.ttl_days) == ("", "d", 7)
    assert new.vector_search_index == VECTOR
    update.update_mask.paths.append("vector_search_index")
    assert refused(lambda: stub("SearchIndexService.Update", update))[0] is CODES.INVALID_ARGUMENT


def test_a_deleted_index_is_gone_and_its_operation_and_files_are_not(stub: Stub) -> None:
    file_id = uploaded(stub)
    operation = asked(stub, file_ids=[file_id])
    index = response(operation)
    stub("SearchIndexService.Delete", wire.DeleteSearchIndexRequest(search_index_id=index.id))
    gone = (CODES.NOT_FOUND, f"search index {index.id} not found")
    get = wire.GetSearchIndexRequest(search_index_id=index.id)
    assert refused(lambda: stub("SearchIndexService.Get", get)) == gone
    files = wire.ListSearchIndexFilesRequest(search_index_id=index.id)
    assert refused(lambda: stub("SearchIndexFileService.List", files)) == gone
    assert response(stub("OperationService.Get", wire.GetOperationRequest(operation_id=operation.id))) == index
    assert stub("FileService.Get", wire.GetFileRequest(file_id=file_id)).id == file_id


def test_a_file_that_is_not_there_makes_nothing(stub: Stub) -> None:
    missing = refused(lambda: asked(stub, file_ids=[uploaded(stub), "nope"]))
    assert missing == (CODES.NOT_FOUND, "file nope not found")
    assert not stub("SearchIndexService.List", wire.ListSearchIndicesRequest(folder_id="default")).indices


def test_a_file_of_no_use_is_an_operation_that_failed(stub: Stub) -> None:
    file_id = uploaded(stub, content=b"\x89PNG\r\n\x1a\n")
    operation = asked(stub, file_ids=[uploaded(stub), file_id])
    assert operation.done
    assert not operation.HasField("response")
    assert (operation.error.code, operation.error.message) == (3, f"file {file_id}: unsupported type image/png")
    assert stub("OperationService.Get", wire.GetOperationRequest(operation_id=operation.id)) == operation
    assert not stub("SearchIndexService.List", wire.ListSearchIndicesRequest(folder_id="default")).indices


def test_a_name_says_nothing_of_the_kind(stub: Stub) -> None:
    index = made(stub, file_ids=[uploaded(stub, name="notes of v1.2 zip.zip")])
    assert (
        len(stub("SearchIndexFileService.List", wire.ListSearchIndexFilesRequest(search_index_id=index.id)).files) == 1
    )


class TestFiles:
    def test_more_are_added_by_an_operation_of_their_own(self, stub: Stub, server: RunningServer) -> None:
        first = uploaded(stub)
        index = made(stub, file_ids=[first])
        server.advance(1)
        more = [uploaded(stub), uploaded(stub)]
        request = wire.BatchCreateSearchIndexFileRequest(search_index_id=index.id, file_ids=[*more, more[0]])
        operation = stub("SearchIndexFileService.BatchCreate", request)
        assert operation.description == f"indexing files for search index {index.id}"
        files = response(operation, wire.BatchCreateSearchIndexFileResponse).files
        assert [file.id for file in files] == more
        assert {file.search_index_id for file in files} == {index.id}
        listed = stub("SearchIndexFileService.List", wire.ListSearchIndexFilesRequest(search_index_id=index.id))
        assert {file.id for file in listed.files[:2]} == set(more)
        assert listed.files[2].id == first
        get = wire.GetSearchIndexFileRequest(search_index_id=index.id, file_id=first)
        assert stub("SearchIndexFileService.Get", get) == listed.files[2]

    def test_a_list_ends_with_an_empty_page(self, stub: Stub) -> None:
        index = made(stub, file_ids=[uploaded(stub) for _ in range(3)])
        sizes, token = [], ""
        while not sizes or sizes[-1]:
            request = wire.ListSearchIndexFilesRequest(search_index_id=index.id, page_size=2, page_token=token)
            page = stub("SearchIndexFileService.List", request)
            sizes.append(len(page.files))
            token = page.next_page_token
        assert sizes == [2, 1, 0]

    def test_all_or_none(self, stub: Stub) -> None:
        index = made(stub)
        request = wire.BatchCreateSearchIndexFileRequest(search_index_id=index.id, file_ids=[uploaded(stub), "nope"])
        call = lambda: stub("SearchIndexFileService.BatchCreate", request)  # noqa: E731
        assert refused(call) == (CODES.NOT_FOUND, "file nope not found")
        assert not stub("SearchIndexFileService.List", wire.ListSearchIndexFilesRequest(search_index_id=index.id)).files

    def test_files_are_needed(self, stub: Stub) -> None:
        request = wire.BatchCreateSearchIndexFileRequest(search_index_id=made(stub).id)
        call = lambda: stub("SearchIndexFileService.BatchCreate", request)  # noqa: E731
        assert refused(call) == (CODES.INVALID_ARGUMENT, "file_ids: field is required")

    def test_a_file_that_is_not_in_it_is_not_found(self, stub: Stub) -> None:
        get = wire.GetSearchIndexFileRequest(search_index_id=made(stub).id, file_id=uploaded(stub))
        assert refused(lambda: stub("SearchIndexFileService.Get", get))[0] is CODES.NOT_FOUND

    def test_deleting_a_file_leaves_the_index(self, stub: Stub) -> None:
        file_id = uploaded(stub)
        index = made(stub, file_ids=[file_id])
        stub("FileService.Delete", wire.DeleteFileRequest(file_id=file_id))
        assert stub("SearchIndexService.Get", wire.GetSearchIndexRequest(search_index_id=index.id)).id == index.id

    def test_being_indexed_is_activity_of_a_file(self, stub: Stub, server: RunningServer) -> None:
        file_id = uploaded(stub)
        server.advance(DAY)
        made(stub, file_ids=[file_id])
        file = stub("FileService.Get", wire.GetFileRequest(file_id=file_id))
        assert file.expires_at.seconds == file.created_at.seconds + 8 * DAY


def test_an_operation_is_kept_for_a_day(stub: Stub, server: RunningServer) -> None:
    operation = asked(stub)
    get = wire.GetOperationRequest(operation_id=operation.id)
    server.advance(DAY - 1)
    assert stub("OperationService.Get", get) == operation
    assert refused(lambda: stub("OperationService.Get", wire.GetOperationRequest(operation_id="nope"))) == (
        CODES.NOT_FOUND,
        "operation nope not found",
    )


class TestCrossing:
    def test_an_index_made_here_is_a_vector_store_there(self, stub: Stub, client: OpenAI) -> None:
        file_id = uploaded(stub, content=b"12345", name="a.unheard")
        text = wire.TextSearchIndex(chunking_strategy=cut(1000, 500))
        index = made(stub, file_ids=[file_id], name="n", labels={"a": "b"}, text_search_index=text)
        store = client.vector_stores.retrieve(index.id)
        assert (store.name, store.metadata, store.status) == ("n", {"a": "b"}, "completed")
        assert (store.file_counts.completed, store.file_counts.total, store.usage_bytes) == (1, 1, 5)
        assert store.expires_after is not None
        assert (store.expires_after.days, store.expires_at) == (7, index.expires_at.seconds)
        [file] = client.vector_stores.files.list(index.id)
        assert file.id == file_id
        assert file.chunking_strategy is not None
        assert file.chunking_strategy.to_dict()["static"] == {
            "max_chunk_size_tokens": 1000,
            "chunk_overlap_tokens": 500,
        }

    def test_an_update_there_leaves_what_only_this_dialect_says(self, stub: Stub, client: OpenAI) -> None:
        index = made(stub, name="n", vector_search_index=VECTOR, labels={"a": "b"})
        client.vector_stores.update(index.id, name="other")
        found = stub("SearchIndexService.Get", wire.GetSearchIndexRequest(search_index_id=index.id))
        assert (found.name, found.labels, found.folder_id) == ("other", {"a": "b"}, "default")
        assert found.vector_search_index == VECTOR

    def test_a_vector_store_made_there_is_a_text_index_here(self, stub: Stub, client: OpenAI) -> None:
        file = client.files.create(file=("a.txt", b"text"), purpose="assistants")
        picture = client.files.create(file=("a.png", b"png"), purpose="assistants")
        store = client.vector_stores.create(name="n", metadata={"a": "b"})
        client.vector_stores.files.create(store.id, file_id=file.id)
        client.vector_stores.files.create(store.id, file_id=picture.id)
        index = stub("SearchIndexService.Get", wire.GetSearchIndexRequest(search_index_id=store.id))
        assert (index.name, index.labels, index.text_search_index) == ("n", {"a": "b"}, TEXT)
        assert index.expiration_config.ttl_days == 36_500
        files = stub("SearchIndexFileService.List", wire.ListSearchIndexFilesRequest(search_index_id=store.id)).files
        assert [one.id for one in files] == [file.id]
        stub(
            "SearchIndexService.Update",
            wire.UpdateSearchIndexRequest(
                search_index_id=store.id, name="other", update_mask=wire.FieldMask(paths=["name"])
            ),
        )
        again = client.vector_stores.retrieve(store.id)
        assert (again.name, again.metadata, again.expires_after) == ("other", {"a": "b"}, None)
