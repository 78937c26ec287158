"""Changing things: every noun alike, by a function of the one that stands."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from clew.domain.expiration import DAY_SECONDS, SECOND, Expiration, Policy
from clew.domain.noun import replace
from clew.domain.page import Window
from clew.domain.patch import change
from clew.domain.problem import NotFound
from clew.domain.project import Caller
from clew.domain.run import Truncation, TruncationMode
from clew.domain.tool import FormatKind, ResponseFormat, Tool, ToolKind, ToolResources
from clew.service import assistants, files, indexes, participants, threads
from clew.service.assistants import NewAssistant
from clew.service.files import NewFile
from clew.service.indexes import NewIndex
from clew.service.participants import NewParticipant
from clew.service.threads import NewThread
from support.world import World

ADA = Caller(project_id="default", subject="key_ada")
BEA = Caller(project_id="default", subject="key_bea")
STRANGER = Caller(project_id="other")
WEEK = Expiration(policy=Policy.SINCE_LAST_ACTIVE, ttl_seconds=7 * DAY_SECONDS)
STATIC = Expiration(policy=Policy.STATIC, ttl_seconds=3 * DAY_SECONDS)
FUNCTION = Tool(kind=ToolKind.FUNCTION, name="f")


async def hello():
    yield b"hello"


@dataclass(frozen=True, kw_only=True)
class Kind:
    create: Callable[..., Awaitable[Any]]
    get: Callable[..., Awaitable[Any]]
    modify: Callable[..., Awaitable[Any]]
    more: dict[str, Any]
    """Fields that only this noun has."""


def with_mask(core, caller, it, made):
    return assistants.modify(core, caller, it, made, mask=("name",))


KINDS = {
    "thread": Kind(
        create=lambda core, **new: threads.create(core, ADA, NewThread(**new)),
        get=threads.get,
        modify=threads.modify,
        more={"tools": (FUNCTION,), "tool_resources": ToolResources(code_file_ids=()), "tags": ("a",)},
    ),
    "assistant": Kind(
        create=lambda core, **new: assistants.create(core, ADA, NewAssistant(model="m", **new)),
        get=assistants.get,
        modify=with_mask,
        more={
            "model": "n",
            "instructions": "Be brief.",
            "tools": (FUNCTION,),
            "temperature": 0.0,
            "truncation": Truncation(mode=TruncationMode.LAST_MESSAGES, count=3),
            "max_prompt_tokens": 7000,
            "max_completion_tokens": 100,
            "response_format": ResponseFormat(kind=FormatKind.JSON_OBJECT),
        },
    ),
    "file": Kind(
        create=lambda core, **new: files.create(core, ADA, NewFile(**{"name": "a.txt", **new}), hello()),
        get=files.get,
        modify=files.modify,
        more={},
    ),
    "index": Kind(
        create=lambda core, **new: indexes.create(core, ADA, NewIndex(**new)),
        get=indexes.get,
        modify=indexes.modify,
        more={"config": {"kind": "text"}},
    ),
    "participant": Kind(
        create=lambda core, **new: participants.create(core, ADA, NewParticipant(**new)),
        get=participants.get,
        modify=participants.modify,
        more={"identifier": "eve"},
    ),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


@pytest.fixture
async def world(tmp_path):
    async with World(tmp_path) as world:
        yield world


async def test_what_is_made_says_its_folder_who_made_it_and_when_it_ends(world, kind):
    it = await kind.create(world.core, folder="b1g", expiration=WEEK, description="d")
    assert await kind.get(world.core, ADA, it.id) == it
    assert (it.folder, it.created_by, it.updated_by, it.updated_at) == ("b1g", "key_ada", "key_ada", it.created_at)
    assert it.expires_at == it.created_at + 7 * DAY_SECONDS * SECOND


async def test_every_field_can_be_changed_and_the_change_is_signed(world, kind):
    it = await kind.create(world.core, folder="b1g", metadata={"a": "1"})
    world.clock.advance(60)
    fields = {"name": "n", "description": "d", "metadata": {"b": "2"}, "expiration": STATIC, **kind.more}
    changed = await kind.modify(world.core, BEA, it.id, change(**fields))
    assert await kind.get(world.core, ADA, it.id) == changed
    assert {name: getattr(changed, name) for name in fields} == fields
    assert (changed.updated_at - it.created_at, changed.updated_by) == (60 * SECOND, "key_bea")
    assert (changed.created_by, changed.folder) == ("key_ada", "b1g")
    assert changed.expires_at == it.created_at + 3 * DAY_SECONDS * SECOND


async def test_an_end_is_counted_from_the_past_and_a_renaming_does_not_move_it(world, kind):
    it = await kind.create(world.core, expiration=WEEK)
    world.clock.advance(DAY_SECONDS)
    changed = await kind.modify(world.core, ADA, it.id, change(name="n"))
    assert changed.expires_at == it.expires_at
    shorter = replace(WEEK, ttl_seconds=3 * DAY_SECONDS)
    changed = await kind.modify(world.core, ADA, it.id, change(expiration=shorter))
    assert changed.expires_at == it.created_at + 3 * DAY_SECONDS * SECOND


async def test_a_change_sees_the_old_value(world, kind):
    it = await kind.create(world.core, expiration=WEEK, metadata={"a": "1"})

    def static(noun):
        return replace(noun, expiration=replace(noun.expiration, policy=Policy.STATIC))

    changed = await kind.modify(world.core, ADA, it.id, static)
    assert (changed.expiration.policy, changed.expiration.ttl_seconds) == (Policy.STATIC, WEEK.ttl_seconds)
    assert changed.metadata == {"a": "1"}


async def test_another_projects_and_what_is_not_there_are_not_found(world, kind):
    it = await kind.create(world.core)
    for caller, id in ((STRANGER, it.id), (ADA, "none")):  # noqa: A001
        with pytest.raises(NotFound):
            await kind.modify(world.core, caller, id, change(name="n"))
    assert await kind.get(world.core, ADA, it.id) == it


async def test_a_change_that_names_what_is_not_there_changes_nothing(world):
    it = await threads.create(world.core, ADA, NewThread())
    named = change(name="n", tool_resources=ToolResources(index_ids=("none",)))
    with pytest.raises(NotFound):
        await threads.modify(world.core, ADA, it.id, named)
    assert await threads.get(world.core, ADA, it.id) == it


async def test_every_change_of_an_assistant_makes_a_version_with_the_callers_mask(world):
    it = await assistants.create(world.core, ADA, NewAssistant(model="m"))
    mask = ("name", "completion.temperature")
    changed = await assistants.modify(world.core, ADA, it.id, change(name="n"), mask=mask)
    page = await assistants.versions(world.core, ADA, it.id, Window())
    assert [(version.assistant, version.mask) for version in page.things] == [(changed, mask), (it, ())]
    with pytest.raises(NotFound):
        await assistants.versions(world.core, STRANGER, it.id, Window())
