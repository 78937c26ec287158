"""Assistants and their versions."""

import pytest

from clew.domain.assistant import AssistantVersion
from clew.domain.noun import replace
from clew.domain.problem import AlreadyExists
from storage.conformance import nouns
from storage.conformance.nouns import EVERYTHING, OURS, THEIRS

FIRST = nouns.assistant(name="Ada")
SECOND = replace(FIRST, version=2, version_id="av_2", name=None)


async def versions(store, project_id=OURS):
    page = await store.read(lambda tx: tx.assistants.versions(project_id, "asst_a", EVERYTHING))
    return list(page.things)


async def test_a_taken_id_already_exists(store):
    await store.write(lambda tx: tx.assistants.insert(FIRST))
    with pytest.raises(AlreadyExists):
        await store.write(lambda tx: tx.assistants.insert(replace(FIRST, version_id="av_x")))
    assert [version.id for version in await versions(store)] == ["av_1"]


async def test_every_change_leaves_a_version_with_its_mask(store):
    await store.write(lambda tx: tx.assistants.insert(FIRST))
    await store.write(lambda tx: tx.assistants.update(SECOND, mask=["name", "tool_resources.code"]))
    assert await versions(store) == [
        AssistantVersion(id="av_1", assistant=FIRST),
        AssistantVersion(id="av_2", assistant=SECOND, mask=("name", "tool_resources.code")),
    ]
    assert await versions(store, THEIRS) == []


async def test_versions_go_with_their_assistant(store):
    await store.write(lambda tx: tx.assistants.insert(FIRST))
    await store.write(lambda tx: tx.assistants.insert(nouns.assistant("asst_a", THEIRS)))
    await store.write(lambda tx: tx.assistants.delete(OURS, "asst_a"))
    assert await versions(store) == []
    assert len(await versions(store, THEIRS)) == 1
