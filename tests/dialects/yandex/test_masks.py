"""An update speaks of what its mask names: leaf by leaf, or, without a mask, of everything."""

from __future__ import annotations

import pytest

from clew.dialects.yandex import masks, wire
from clew.dialects.yandex.errors import Refusal


def shown() -> wire.Assistant:
    """An assistant as it stands."""
    return wire.Assistant(
        id="a",
        name="old",
        description="old",
        labels={"a": "b"},
        expiration_config=wire.ExpirationConfig(expiration_policy=wire.ExpirationConfig.STATIC, ttl_days=3),
        prompt_truncation_options=wire.PromptTruncationOptions(
            auto_strategy=wire.PromptTruncationOptions.AutoStrategy(), max_prompt_tokens=wire.Int64Value(value=7)
        ),
    )


def applied(*paths: str, **sent: object) -> tuple[wire.Assistant, set[str]]:
    """What an update makes of it, and the fields that it speaks of."""
    thing = shown()
    request = wire.UpdateAssistantRequest(assistant_id="a", update_mask=wire.FieldMask(paths=paths), **sent)
    return thing, masks.apply(request, thing)


def test_what_is_not_named_stays_even_where_it_was_sent() -> None:
    thing, fields = applied("name", name="new", description="new")
    assert (thing.name, thing.description, fields) == ("new", "old", {"name"})


def test_what_is_named_and_was_not_sent_is_reset() -> None:
    thing, _ = applied("name", "labels")
    assert (thing.name, dict(thing.labels)) == ("", {})


def test_labels_are_replaced_as_a_whole() -> None:
    thing, _ = applied("labels", labels={"c": "d"})
    assert dict(thing.labels) == {"c": "d"}


def test_a_leaf_keeps_its_neighbours() -> None:
    thing, fields = applied("expiration_config.ttl_days", expiration_config=wire.ExpirationConfig(ttl_days=5))
    assert thing.expiration_config == wire.ExpirationConfig(expiration_policy=wire.ExpirationConfig.STATIC, ttl_days=5)
    assert fields == {"expiration_config"}


def test_a_number_that_is_named_and_was_not_sent_is_zero_and_there() -> None:
    thing, _ = applied("completion_options.temperature")
    assert thing.completion_options.HasField("temperature")
    assert thing.completion_options.temperature.value == 0


def test_one_strategy_drops_the_other_and_keeps_the_limit() -> None:
    last = wire.PromptTruncationOptions.LastMessagesStrategy(num_messages=2)
    sent = wire.PromptTruncationOptions(last_messages_strategy=last)
    thing, _ = applied("prompt_truncation_options.last_messages_strategy", prompt_truncation_options=sent)
    options = thing.prompt_truncation_options
    assert options.WhichOneof("TruncationStrategy") == "last_messages_strategy"
    assert options.max_prompt_tokens.value == 7


def test_without_a_mask_everything_is_replaced() -> None:
    thing, fields = applied(name="new")
    assert (thing.name, thing.description, thing.HasField("expiration_config")) == ("new", "", False)
    assert thing.id == "a"
    assert {"name", "description", "labels", "tools", "model_uri"} <= fields


@pytest.mark.parametrize(
    "path", ["nonsense", "id", "created_at", "name.nonsense", "expiration_config.nonsense", "labels.a", ""]
)
def test_a_path_that_cannot_be_updated_is_named(path: str) -> None:
    with pytest.raises(Refusal) as raised:
        applied(path, name="new")
    assert repr(path) in raised.value.message
    assert raised.value.field == "update_mask"
