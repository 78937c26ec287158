"""Prompts with their versions and variants."""

import pytest

from clew.domain.noun import replace
from clew.domain.problem import AlreadyExists
from clew.domain.prompt import Rollout
from storage.conformance import nouns
from storage.conformance.nouns import OURS, THEIRS


async def with_prompts(store):
    for project_id in (OURS, THEIRS):
        await store.write(lambda tx, it=project_id: tx.prompts.insert(nouns.prompt("prompt_a", it)))


async def test_a_prompt_is_found_by_id_and_by_name_in_its_project(store):
    await with_prompts(store)
    for project_id, expected in ((OURS, True), (THEIRS, True), ("nobody", False)):
        wanted = nouns.prompt("prompt_a", project_id) if expected else None
        assert await store.read(lambda tx, it=project_id: tx.prompts.get(it, "prompt_a")) == wanted
        assert await store.read(lambda tx, it=project_id: tx.prompts.by_name(it, "name-of-prompt_a")) == wanted


@pytest.mark.parametrize("taken", [{"id": "prompt_b", "name": "name-of-prompt_a"}, {"name": "new"}])
async def test_a_taken_id_or_name_already_exists(store, taken):
    await with_prompts(store)
    with pytest.raises(AlreadyExists):
        await store.write(lambda tx: tx.prompts.insert(nouns.prompt(**taken)))


async def test_a_prompt_is_kept_as_it_now_is(store):
    await with_prompts(store)
    changed = replace(nouns.prompt(), versions=1, rollouts=(Rollout(version=0, percent=5),), name="new")
    await store.write(lambda tx: tx.prompts.update(changed))
    assert await store.read(lambda tx: tx.prompts.by_name(OURS, "new")) == changed
    assert await store.read(lambda tx: tx.prompts.by_name(OURS, "name-of-prompt_a")) is None
    assert await store.read(lambda tx: tx.prompts.get(THEIRS, "prompt_a")) == nouns.prompt("prompt_a", THEIRS)


async def test_versions_are_found_by_id_and_by_number(store):
    versions = [nouns.prompt_version(number) for number in range(3)]
    for version in versions:
        await store.write(lambda tx, it=version: tx.prompts.insert_version(it))
    for version in versions:
        assert await store.read(lambda tx, it=version: tx.prompts.get_version(OURS, it.id)) == version
        assert await store.read(lambda tx, it=version: tx.prompts.numbered(OURS, "prompt_a", it.number)) == version
        assert await store.read(lambda tx, it=version: tx.prompts.get_version(THEIRS, it.id)) is None
        assert await store.read(lambda tx, it=version: tx.prompts.numbered(THEIRS, "prompt_a", it.number)) is None
    assert await store.read(lambda tx: tx.prompts.numbered(OURS, "prompt_a", 3)) is None


@pytest.mark.parametrize("taken", [{"number": 0, "id": "other"}, {"number": 1, "id": "prompt_a-0"}])
async def test_a_taken_number_of_a_version_already_exists(store, taken):
    await store.write(lambda tx: tx.prompts.insert_version(nouns.prompt_version()))
    with pytest.raises(AlreadyExists):
        await store.write(lambda tx: tx.prompts.insert_version(nouns.prompt_version(**taken)))


async def test_the_newest_version_that_says_the_same_is_found(store):
    said = [("a", "x"), ("a", "y"), ("b", "x"), ("a", "x")]
    for number, (text, provider) in enumerate(said):
        version = nouns.prompt_version(number, template=nouns.template(text, settings={"provider": provider}))
        await store.write(lambda tx, it=version: tx.prompts.insert_version(it))

    async def like(text, provider=None, project_id=OURS, prompt_id="prompt_a"):
        template = nouns.template(text, settings={"provider": provider} if provider else {})
        asked = {"with_provider": provider is not None}
        found = await store.read(lambda tx: tx.prompts.version_like(project_id, prompt_id, template, **asked))
        return found and found.number

    assert [await like("a", "x"), await like("a", "y"), await like("a"), await like("b")] == [3, 1, 3, 2]
    assert [await like("a", "z"), await like("c"), await like("a", None, THEIRS)] == [None] * 3
    assert await like("a", prompt_id="prompt_b") is None


async def test_a_variant_is_kept(store):
    await store.write(lambda tx: tx.prompts.insert_variant(nouns.prompt_variant()))
    assert await store.read(lambda tx: tx.prompts.get_variant(OURS, "variant_a")) == nouns.prompt_variant()
    assert await store.read(lambda tx: tx.prompts.get_variant(THEIRS, "variant_a")) is None
    with pytest.raises(AlreadyExists):
        await store.write(lambda tx: tx.prompts.insert_variant(nouns.prompt_variant()))
