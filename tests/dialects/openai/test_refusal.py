"""A refusal: what this dialect answers in place of what was asked."""

from __future__ import annotations

import msgspec

from clew.dialects.openai.refusal import SHOWN_MAX, Refusal, shown


def test_the_envelope_has_all_four_keys() -> None:
    assert Refusal(404, "No.").body() == {
        "error": {"message": "No.", "type": "invalid_request_error", "param": None, "code": None}
    }


def test_whatever_it_repeats_can_be_encoded() -> None:
    refusal = Refusal(400, "Invalid '\ud800'.", param="a\udfff")

    assert msgspec.json.decode(msgspec.json.encode(refusal.body()))["error"]["message"] == "Invalid '\\ud800'."


def test_a_callers_text_is_repeated_only_so_far() -> None:
    assert shown("x" * SHOWN_MAX) == "x" * SHOWN_MAX
    assert shown("x" * (SHOWN_MAX + 1)) == "x" * SHOWN_MAX + "..."
