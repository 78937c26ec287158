"""Search indexes and the files in them, both ways. Contract: section 10.

How an index searches is kept in its `config` in the domain's words (`domain.index`), with what nobody said filled in.
"""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING, Any, Final

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import invalid
from clew.dialects.yandex.mapping.common import described, new_described, time_to_wire
from clew.domain.index import Chunking
from clew.service.indexes import NewIndex, NewPlace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clew.domain.index import Index, IndexFile

Config = dict[str, Any]

SIZE_MIN: Final = 100
SIZE_MAX: Final = 2048
"""Of a chunk, as the field's own comment says."""
GRAMS: Final = (3, 4)
WEIGHTS: Final = [0.5, 0.5]
RRF_K: Final = 60

_MEANS: Final = {
    wire.MeanCombinationStrategy.ARITHMETIC: "arithmetic",
    wire.MeanCombinationStrategy.GEOMETRIC: "geometric",
    wire.MeanCombinationStrategy.HARMONIC: "harmonic",
}
_NORMS: Final = {wire.MIN_MAX: "min_max", wire.L2: "l2"}
_MEANS_BACK: Final = {name: number for number, name in _MEANS.items()}
_NORMS_BACK: Final = {name: number for number, name in _NORMS.items()}


def index_to_wire(index: Index) -> wire.SearchIndex:
    """The index. One of which nobody said how it searches, as those of other dialects, is shown as one for text."""
    shown = wire.SearchIndex(**described(index))
    config = index.config or {}
    match config.get("kind"):
        case "vector":
            shown.vector_search_index.CopyFrom(_vector_to_wire(config))
        case "hybrid":
            shown.hybrid_search_index.CopyFrom(_hybrid_to_wire(config))
        case _:
            shown.text_search_index.CopyFrom(_text_to_wire({"chunking": _chunking(Chunking()), **config}))
    return shown


def index_from_wire(sent: wire.CreateSearchIndexRequest, *, folder: str | None) -> NewIndex:
    """What a new index is to be, with its files. Raises `Refusal` for settings that cannot be."""
    config = _config(sent)
    return NewIndex(
        **new_described(sent),
        name=sent.name or None,
        config=config,
        files=tuple(
            NewPlace(file_id=file_id, chunking=Chunking(**config["chunking"]))
            for file_id in dict.fromkeys(sent.file_ids)
        ),
        folder=folder,
    )


def index_file_to_wire(file: IndexFile) -> wire.SearchIndexFile:
    """A file's place in an index, which goes by the file's id."""
    return wire.SearchIndexFile(
        id=file.file_id,
        search_index_id=file.index_id,
        created_by=file.created_by,
        created_at=time_to_wire(file.created_at),
    )


def _config(sent: wire.CreateSearchIndexRequest) -> Config:
    match sent.WhichOneof("IndexType"):
        case "vector_search_index":
            return {"kind": "vector", **_vector(sent.vector_search_index, sent.folder_id, "vector_search_index.")}
        case "hybrid_search_index":
            return {"kind": "hybrid", **_hybrid(sent.hybrid_search_index, sent.folder_id, "hybrid_search_index.")}
        case _:
            return {"kind": "text", **_text(sent.text_search_index, "text_search_index.")}


def _text(sent: wire.TextSearchIndex, path: str, *, in_hybrid: bool = False) -> Config:
    config: Config = {**_chunked(sent, path, in_hybrid=in_hybrid), "tokenizer": "standard", "analyzer": "lemmer"}
    if sent.WhichOneof("TextTokenizer") == "ngram_tokenizer":
        grams = sent.ngram_tokenizer
        least = grams.min_gram.value if grams.HasField("min_gram") else GRAMS[0]
        most = grams.max_gram.value if grams.HasField("max_gram") else max(GRAMS[1], least)
        if not 0 < least <= most:
            raise invalid(f"{path}ngram_tokenizer", "min_gram must be at least 1 and at most max_gram")
        config |= {"tokenizer": "ngram", "grams": [least, most]}
    if sent.WhichOneof("TextAnalyzer") == "standard_analyzer":
        config["analyzer"] = "standard"
    return config


def _vector(sent: wire.VectorSearchIndex, folder_id: str, path: str, *, in_hybrid: bool = False) -> Config:
    return {
        **_chunked(sent, path, in_hybrid=in_hybrid),
        "document_model": sent.doc_embedder_uri or f"emb://{folder_id}/text-search-doc/latest",
        "query_model": sent.query_embedder_uri or f"emb://{folder_id}/text-search-query/latest",
    }


def _hybrid(sent: wire.HybridSearchIndex, folder_id: str, path: str) -> Config:
    norm = sent.normalization_strategy or wire.MIN_MAX
    if norm not in _NORMS:
        raise invalid(f"{path}normalization_strategy", f"there is no strategy {norm}")
    return {
        **_chunked(sent, path),
        "text": _text(sent.text_search_index, f"{path}text_search_index.", in_hybrid=True),
        "vector": _vector(sent.vector_search_index, folder_id, f"{path}vector_search_index.", in_hybrid=True),
        "normalization": _NORMS[norm],
        "combination": _combination(sent.combination_strategy, f"{path}combination_strategy."),
    }


def _combination(sent: wire.CombinationStrategy, path: str) -> Config:
    if sent.WhichOneof("Strategy") == "rrf_combination":
        k = sent.rrf_combination.k.value if sent.rrf_combination.HasField("k") else RRF_K
        if k <= 0:
            raise invalid(f"{path}rrf_combination.k", "must be greater than 0")
        return {"rrf_k": k}
    mean = sent.mean_combination
    technique = mean.mean_evaluation_technique or wire.MeanCombinationStrategy.ARITHMETIC
    if technique not in _MEANS:
        raise invalid(f"{path}mean_combination.mean_evaluation_technique", f"there is no technique {technique}")
    weights = list(mean.weights) or WEIGHTS
    if len(weights) != len(WEIGHTS) or min(weights) < 0 or not isclose(sum(weights), 1, abs_tol=1e-6):
        raise invalid(f"{path}mean_combination.weights", "must be two, the text's and the vector's, that sum to 1")
    return {"mean": _MEANS[technique], "weights": weights}


def _chunked(sent: Any, path: str, *, in_hybrid: bool = False) -> Config:  # noqa: ANN401 (any kind of index)
    """How texts are cut. The halves of a hybrid index say it only where they are told to differ."""
    static = sent.chunking_strategy.static_strategy
    if not static.max_chunk_size_tokens and not static.chunk_overlap_tokens:
        return {} if in_hybrid else {"chunking": _chunking(Chunking())}
    size, overlap = static.max_chunk_size_tokens or Chunking().size_max, static.chunk_overlap_tokens
    path += "chunking_strategy.static_strategy."
    if not SIZE_MIN <= size <= SIZE_MAX:
        raise invalid(f"{path}max_chunk_size_tokens", f"must be between {SIZE_MIN} and {SIZE_MAX}")
    if not 0 <= overlap <= size // 2:
        raise invalid(f"{path}chunk_overlap_tokens", "must be between 0 and half of max_chunk_size_tokens")
    return {"chunking": {"size_max": size, "overlap": overlap}}


def _chunking(chunking: Chunking) -> dict[str, int]:
    return {"size_max": chunking.size_max, "overlap": chunking.overlap}


def _chunking_to_wire(config: Mapping[str, Any]) -> wire.ChunkingStrategy | None:
    cut = config.get("chunking")
    if cut is None:
        return None
    return wire.ChunkingStrategy(
        static_strategy=wire.StaticChunkingStrategy(
            max_chunk_size_tokens=cut["size_max"], chunk_overlap_tokens=cut["overlap"]
        )
    )


def _text_to_wire(config: Mapping[str, Any]) -> wire.TextSearchIndex:
    shown = wire.TextSearchIndex(chunking_strategy=_chunking_to_wire(config))
    if config.get("tokenizer") == "ngram":
        least, most = config.get("grams", GRAMS)
        shown.ngram_tokenizer.min_gram.value, shown.ngram_tokenizer.max_gram.value = least, most
    else:
        shown.standard_tokenizer.SetInParent()
    if config.get("analyzer") == "standard":
        shown.standard_analyzer.SetInParent()
    else:
        shown.yandex_lemmer_analyzer.SetInParent()
    return shown


def _vector_to_wire(config: Mapping[str, Any]) -> wire.VectorSearchIndex:
    return wire.VectorSearchIndex(
        doc_embedder_uri=config["document_model"],
        query_embedder_uri=config["query_model"],
        chunking_strategy=_chunking_to_wire(config),
    )


def _hybrid_to_wire(config: Mapping[str, Any]) -> wire.HybridSearchIndex:
    shown = wire.HybridSearchIndex(
        text_search_index=_text_to_wire(config["text"]),
        vector_search_index=_vector_to_wire(config["vector"]),
        chunking_strategy=_chunking_to_wire(config),
        normalization_strategy=_NORMS_BACK[config["normalization"]],
    )
    combination = config["combination"]
    if "rrf_k" in combination:
        shown.combination_strategy.rrf_combination.k.value = combination["rrf_k"]
    else:
        mean = shown.combination_strategy.mean_combination
        mean.mean_evaluation_technique = _MEANS_BACK[combination["mean"]]
        mean.weights.extend(combination["weights"])
    return shown
