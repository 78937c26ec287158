"""JSON Schema of the wire shapes."""

from __future__ import annotations

import pytest

from clew.dialects.openai import wire
from clew.dialects.openai.schemas import Schemas


def test_a_key_that_may_be_absent_is_not_required() -> None:
    schemas = Schemas()

    assert schemas.of(wire.Model) == {"$ref": "#/components/schemas/Model"}
    assert "shutdown_date" in schemas.components["Model"]["properties"]
    assert schemas.components["Model"]["required"] == ["id", "object", "created", "owned_by"]


def test_variants_and_all_that_they_are_made_of_are_collected() -> None:
    schemas = Schemas()
    schemas.of(wire.Message)

    content = schemas.components["Message"]["properties"]["content"]
    assert {"$ref": "#/components/schemas/RefusalPart"} in content["items"]["anyOf"]
    assert "FileCitation" in schemas.components


def test_words_are_an_enumeration_and_null_is_one_of_several() -> None:
    schemas = Schemas()
    schemas.of(wire.Run)

    properties = schemas.components["Run"]["properties"]
    assert "requires_action" in properties["status"]["enum"]
    assert {"type": "null"} in properties["expires_at"]["anyOf"]


def test_what_no_shape_has_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="no schema"):
        Schemas().of(complex)
