"""Bodies: what is kept is what comes back, also from rows that are older or newer than this code."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.domain.assistant import Assistant
from clew.domain.event import Event
from clew.domain.file import File, Upload, UploadPart
from clew.domain.index import Batch, Index, IndexFile
from clew.domain.item import Item
from clew.domain.noun import replace
from clew.domain.participant import Participant
from clew.domain.project import Key
from clew.domain.run import Progress, Run
from clew.domain.thread import Thread
from clew.storage.bodies import KEPT_BYTES, dump, dump_value, load, load_again

NOUNS = [
    Assistant,
    Batch,
    Event,
    File,
    Index,
    IndexFile,
    Item,
    Key,
    Participant,
    Progress,
    Run,
    Thread,
    Upload,
    UploadPart,
]

WHOLE = st.integers(-(2**63), 2**63 - 1)
REAL = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | REAL | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
OBJECT = st.dictionaries(st.text(max_size=5), JSON, max_size=2)


def whole(kind: Any) -> st.SearchStrategy[Any]:
    """Any noun of this kind with every field drawn, none left to its default."""
    return st.builds(kind, **{field.name: drawn(field.name, kind) for field in msgspec.structs.fields(kind)})


def drawn(name, kind):
    hint = msgspec.inspect.type_info(kind)
    return of_type(next(field.type for field in hint.fields if field.name == name))


def of_type(hint: Any) -> st.SearchStrategy[Any]:  # noqa: C901, PLR0911 (a table of types)
    """Values of a type as msgspec sees it: the same reading of the annotations that loads them."""
    match hint:
        case msgspec.inspect.AnyType():
            return JSON
        case msgspec.inspect.DictType():
            return OBJECT
        case msgspec.inspect.StrType():
            return st.text(max_size=5)
        case msgspec.inspect.IntType():
            return WHOLE
        case msgspec.inspect.FloatType():
            return REAL
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.EnumType():
            return st.sampled_from(hint.cls)
        case msgspec.inspect.VarTupleType():
            return st.lists(of_type(hint.item_type), max_size=2).map(tuple)
        case msgspec.inspect.UnionType():
            return st.one_of([of_type(one) for one in hint.types])
        case msgspec.inspect.StructType():
            return st.deferred(lambda: whole(hint.cls))
    raise NotImplementedError(hint)


NOUN = st.one_of([whole(kind) for kind in NOUNS])


def least(kind):
    """The noun with nothing said that need not be."""
    needed = [field.name for field in msgspec.structs.fields(kind) if field.required]
    return st.builds(kind, **{name: drawn(name, kind) for name in needed})


@settings(max_examples=300, deadline=None)
@given(NOUN)
def test_what_is_kept_is_what_comes_back(noun):
    assert load(type(noun), dump(noun)) == noun


@pytest.mark.parametrize("kind", NOUNS)
def test_every_noun_comes_back_whole_and_with_its_defaults(kind):
    @settings(max_examples=15, deadline=None, derandomize=True)
    @given(whole(kind), least(kind))
    def check(full, bare):
        assert load(kind, dump(full)) == full
        assert load(kind, dump(bare)) == bare

    check()


@pytest.mark.parametrize("kind", NOUNS)
def test_defaults_are_left_out(kind):
    @settings(max_examples=5, deadline=None, derandomize=True)
    @given(least(kind))
    def check(bare):
        needed = {field.name for field in msgspec.structs.fields(kind) if field.required}
        assert set(msgspec.json.decode(dump(bare))) == needed

    check()


@settings(max_examples=100, deadline=None)
@given(NOUN)
def test_a_field_of_a_later_version_is_passed_over(noun):
    body = msgspec.json.decode(dump(noun)) | {"of_a_later_version": {"deep": [1]}}
    assert load(type(noun), dump_value(body)) == noun


def test_a_field_that_an_older_version_did_not_know_has_its_default():
    body = b'{"project_id":"ours","id":"thread_a","created_at":1,"updated_at":1,"last_active_at":1}'
    assert load(Thread, body) == Thread(project_id="ours", id="thread_a", created_at=1, updated_at=1, last_active_at=1)


def test_an_empty_thing_is_not_the_lack_of_one():
    thread = Thread(project_id="ours", id="thread_a", created_at=1, updated_at=1, last_active_at=1, name="")
    body = dump(replace(thread, metadata={"a": None}))
    assert load(Thread, body) == replace(thread, metadata={"a": None})


def test_a_body_that_lacks_what_is_needed_is_an_error():
    with pytest.raises(msgspec.ValidationError):
        load(Thread, b"{}")


@given(JSON)
def test_a_value_is_dumped_as_json(value):
    assert msgspec.json.decode(dump_value(value)) == value


def test_what_is_read_often_is_the_same_object():
    body = b'{"project_id":"ours","id":"thread_again","created_at":1,"updated_at":1,"last_active_at":1}'
    assert load_again(Thread, body) is load_again(Thread, bytes(bytearray(body)))


def test_what_is_large_is_not_kept():
    thread = Thread(project_id="ours", id="a", created_at=1, updated_at=1, last_active_at=1, name="x" * KEPT_BYTES)
    first, second = load_again(Thread, dump(thread)), load_again(Thread, dump(thread))
    assert first == second == thread
    assert first is not second
