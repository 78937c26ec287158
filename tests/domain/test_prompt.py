"""Prompts: which templates say the same, and which version somebody is given."""

import pytest

from clew.domain.noun import replace
from clew.domain.problem import Invalid
from clew.domain.prompt import Prompt, Rollout, Template, check_rollouts, chosen, likeness

PROMPT = Prompt(project_id="p", id="a", name="n", created_at=0, updated_at=0, versions=3)
TEMPLATE = Template(messages=({"role": "user", "content": "Hi"},), settings={"provider": "openai", "n": 1})


def like(one, other, *, with_provider=True):
    return likeness(one, with_provider=with_provider) == likeness(other, with_provider=with_provider)


@pytest.mark.parametrize(
    "change",
    [
        {"messages": ({"content": "Hi", "role": "user", "uuid": "u"},)},
        {"settings": {"n": 1.0, "provider": "openai"}},
        {"tools": ()},
        {"variables": ("x",), "defaults": {"x": 1}},
    ],
)
def test_templates_say_the_same_whatever_their_names_order_and_variables(change):
    assert like(TEMPLATE, replace(TEMPLATE, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"messages": ({"role": "system", "content": "Hi"},)},
        {"messages": TEMPLATE.messages * 2},
        {"settings": {"provider": "openai", "n": 1.5}},
        {"settings": {"provider": "openai", "n": True}},
        {"settings": None},
        {"tools": ({},)},
    ],
)
def test_templates_that_say_something_else_are_not_alike(change):
    assert not like(TEMPLATE, replace(TEMPLATE, **change))
    assert not like(TEMPLATE, replace(TEMPLATE, **change), with_provider=False)


def test_the_provider_counts_where_it_is_to():
    other = replace(TEMPLATE, settings={"n": 1})
    assert not like(TEMPLATE, other)
    assert like(TEMPLATE, other, with_provider=False)


@pytest.mark.parametrize(
    ("rollouts", "draws"),
    [
        ((), {0.0: 2, 0.999: 2}),
        (((0, 60), (1, 40)), {0.0: 0, 0.59: 0, 0.6: 1, 0.999: 1}),
        (((1, 10),), {0.09: 1, 0.1: 2}),
        (((0, 0), (1, 100)), {0.0: 1, 0.999: 1}),
    ],
)
def test_a_version_is_chosen_in_parts_and_the_rest_is_the_newest(rollouts, draws):
    parts = tuple(Rollout(version=version, percent=percent) for version, percent in rollouts)
    assert {draw: chosen(replace(PROMPT, rollouts=parts), draw) for draw in draws} == draws


@pytest.mark.parametrize("wrong", [[(3, 1)], [(-1, 1)], [(0, 101)], [(0, -1)], [(0, 60), (1, 41)], [(0, 1), (0, 1)]])
def test_rollouts_that_cannot_be_are_refused(wrong):
    with pytest.raises(Invalid):
        check_rollouts(PROMPT, [Rollout(version=version, percent=percent) for version, percent in wrong])
