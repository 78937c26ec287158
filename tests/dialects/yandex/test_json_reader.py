"""Requests from JSON: what may be written how, and what is refused with its path."""

import base64

import pytest

from clew.dialects.yandex import wire
from clew.dialects.yandex.errors import Code, Refusal
from clew.dialects.yandex.json_reader import DEPTH_MAX, PIECE, read, read_params


def _read(kind, body):
    message = kind()
    read(body, message)
    return message


def _thread(**body):
    return _read(wire.CreateThreadRequest, body)


@pytest.mark.parametrize("name", ["expirationConfig", "expiration_config"])
@pytest.mark.parametrize("days", ["ttlDays", "ttl_days"])
@pytest.mark.parametrize("five", [5, "5", 5.0])
@pytest.mark.parametrize("policy", ["SINCE_LAST_ACTIVE", 2, "2"])
def test_names_numbers_and_enums_may_be_written_in_every_way(name, days, five, policy):
    policies = "expirationPolicy" if days == "ttlDays" else "expiration_policy"
    sent = _thread(**{name: {days: five, policies: policy}}).expiration_config
    assert sent == wire.ExpirationConfig(ttl_days=5, expiration_policy=wire.ExpirationConfig.SINCE_LAST_ACTIVE)


def test_null_is_not_sent_and_what_is_unknown_is_passed_over():
    assert _thread(name=None, messages=None, role="x", expirationConfig=None) == wire.CreateThreadRequest()


def test_an_empty_message_is_sent():
    assert _thread(expirationConfig={}).HasField("expiration_config")


@pytest.mark.parametrize("sent", [0.7, "0.7", "7e-1"])
def test_a_wrapped_number_may_be_a_string(sent):
    options = _read(wire.CreateAssistantRequest, {"completionOptions": {"temperature": sent}}).completion_options
    assert options.temperature.value == 0.7


@pytest.mark.parametrize("sent", [10, "10"])
def test_a_wrapped_whole_number_may_be_a_string(sent):
    tool = {"searchIndex": {"searchIndexIds": ["a"], "maxNumResults": sent}}
    assert _thread(tools=[tool]).tools[0].search_index.max_num_results.value == 10


@pytest.mark.parametrize(
    "mask", ["name,expirationConfig.ttlDays", "name,expiration_config.ttl_days", " name , expirationConfig.ttl_days,"]
)
def test_a_mask_may_be_written_in_both_ways(mask):
    paths = _read(wire.UpdateThreadRequest, {"updateMask": mask}).update_mask.paths
    assert list(paths) == ["name", "expiration_config.ttl_days"]


def test_an_empty_mask_is_none():
    assert not _read(wire.UpdateThreadRequest, {"updateMask": ""}).update_mask.paths


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("padding", [True, False])
def test_bytes_are_base64_of_either_alphabet(encode, padding):
    content = b"\xff\xfe\xfb\x00"
    text = encode(content).decode()
    sent = _read(wire.CreateFileRequest, {"content": text if padding else text.rstrip("=")})
    assert sent.content == content


def test_a_json_object_is_kept_as_it_is():
    parameters = {"type": "object", "a": [1, 2.5, None, True, {"b": "c"}, []], "d": {}}
    struct = _thread(tools=[{"function": {"parameters": parameters}}]).tools[0].function.parameters
    expected = wire.Struct()
    expected.update(parameters)
    assert struct == expected


@pytest.mark.parametrize(
    ("body", "path", "words"),
    [
        ({"name": 5}, "name", "must be a string"),
        ({"labels": {"a": 1}}, "labels[a]", "must be a string"),
        ({"labels": []}, "labels", "must be an object"),
        ({"messages": {}}, "messages", "must be a list"),
        ({"messages": ["hi"]}, "messages[0]", "must be an object"),
        ({"messages": [None]}, "messages[0]", "must be an object"),
        ({"expirationConfig": 7}, "expiration_config", "must be an object"),
        ({"expirationConfig": {"ttlDays": "a week"}}, "expiration_config.ttl_days", "must be a whole number"),
        ({"expirationConfig": {"ttlDays": 1.5}}, "expiration_config.ttl_days", "must be a whole number"),
        ({"expirationConfig": {"ttlDays": True}}, "expiration_config.ttl_days", "must be a whole number"),
        ({"expirationConfig": {"ttlDays": 2**63}}, "expiration_config.ttl_days", "must be a whole number"),
        ({"expirationConfig": {"expirationPolicy": "NEVER"}}, "expiration_config.expiration_policy", "must be one of"),
        ({"expirationConfig": {"expirationPolicy": 7}}, "expiration_config.expiration_policy", "must be one of"),
        ({"tools": [{"function": {}, "searchIndex": {}}]}, "tools[0].search_index", "only one of"),
        ({"tools": [{"function": {"parameters": []}}]}, "tools[0].function.parameters", "must be an object"),
        ({"tools": [{"function": {"parameters": {"a": 10**400}}}]}, "tools[0].function.parameters", "must be a number"),
    ],
)
def test_what_cannot_be_is_refused_with_its_path(body, path, words):
    with pytest.raises(Refusal) as raised:
        _thread(**body)
    assert (raised.value.code, raised.value.field) == (Code.INVALID_ARGUMENT, path)
    assert words in raised.value.message


@pytest.mark.parametrize("sent", ["nan", "Infinity", "1_0", " 1", "", True, [], {}])
def test_what_is_no_number_is_refused(sent):
    with pytest.raises(Refusal, match=r"completion_options.temperature: must be a number"):
        _read(wire.CreateAssistantRequest, {"completionOptions": {"temperature": sent}})


@pytest.mark.parametrize("beside", [-1, 0, 1, 2, 3])
def test_large_content_is_whole(beside):
    content = bytes(range(251)) * (PIECE // 251)
    content += content[: PIECE * 3 // 4 * 2 - len(content) + beside]
    sent = _read(wire.CreateFileRequest, {"content": base64.b64encode(content).decode()})
    assert sent.content == content


@pytest.mark.parametrize("sent", ["?", "a", 5, "aaaa aaaa", "aa==aaaa", "a" * (PIECE - 4) + "aa==aaaa", "a==="])
def test_what_is_no_base64_is_refused(sent):
    with pytest.raises(Refusal) as raised:
        _read(wire.CreateFileRequest, {"content": sent})
    assert raised.value.field == "content"


def test_an_object_deeper_than_grpc_clients_read_is_refused():
    deep = {}
    for _ in range(DEPTH_MAX + 1):
        deep = {"a": deep}
    with pytest.raises(Refusal, match="levels deep"):
        _thread(tools=[{"function": {"parameters": deep}}])
    struct = _thread(tools=[{"function": {"parameters": deep["a"]["a"]}}])
    assert wire.CreateThreadRequest.FromString(struct.SerializeToString()) == struct


@pytest.mark.parametrize("body", [[], "a", 5, True])
def test_a_body_that_is_no_object_is_refused(body):
    with pytest.raises(Refusal):
        _thread_of(body)


def _thread_of(body):
    return _read(wire.CreateThreadRequest, body)


def test_parameters_override_the_body():
    message = _read(wire.UpdateThreadRequest, {"threadId": "a", "name": "b", "updateMask": "labels"})
    read_params([("name", "c"), ("updateMask", "name"), ("expirationConfig.ttlDays", "3"), ("no", "x")], message)
    read_params([("thread_id", "d")], message)
    assert (message.thread_id, message.name, list(message.update_mask.paths)) == ("d", "c", ["name"])
    assert message.expiration_config.ttl_days == 3


def test_a_parameter_repeats_for_many_values_and_says_nothing_when_empty():
    message = wire.CreateSearchIndexRequest()
    read_params(
        [("fileIds", "a"), ("fileIds", "b"), ("labels", "c"), ("expirationConfig", "x"), ("no.ttl", "")], message
    )
    assert message == wire.CreateSearchIndexRequest(file_ids=["a", "b"])
    listed = wire.ListThreadsRequest()
    read_params([("pageSize", ""), ("pageToken", "")], listed)
    assert listed == wire.ListThreadsRequest()


def test_a_parameter_that_cannot_be_is_refused():
    with pytest.raises(Refusal, match="page_size: must be a whole number"):
        read_params([("pageSize", "many")], wire.ListThreadsRequest())
