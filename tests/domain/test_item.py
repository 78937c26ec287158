"""Items: what they cost, and what is read in them."""

import pytest

from clew.domain.item import Item, Kind, Part, PartKind, Usage, text_of

TEXT, OTHER = PartKind.TEXT, PartKind.IMAGE_URL


@pytest.mark.parametrize(
    ("one", "other", "total"), [((1, 2), (3, 4), (4, 6)), ((1, 2), None, (1, 2)), ((0, 0), (0, 5), (0, 5))]
)
def test_usages_add_up(one, other, total):
    def usage(prompt, completion):
        return Usage(prompt_tokens=prompt, completion_tokens=completion)

    both = usage(*one).plus(usage(*other) if other else None)
    assert both == usage(*total)
    assert both.total_tokens == sum(total)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ((), ""),
        (((TEXT, "a"),), "a"),
        (((TEXT, "a"), (TEXT, "b")), "a\n\nb"),
        (((TEXT, "a"), (OTHER, "no"), (PartKind.REFUSAL, "no"), (TEXT, "b")), "a\n\nb"),
        (((TEXT, None),), ""),
    ],
)
def test_the_text_of_an_item_is_that_of_its_text_parts(parts, text):
    parts = tuple(Part(kind=kind, text=words) for kind, words in parts)
    assert text_of(Item(thread_id="t", id="i", kind=Kind.MESSAGE, created_at=0, parts=parts)) == text
