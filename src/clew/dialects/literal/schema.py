"""The schema, from the file beside this module."""

from __future__ import annotations

from importlib import resources
from typing import Final

from graphql import build_schema

SCHEMA: Final = build_schema(resources.files(__package__ or "").joinpath("schema.graphql").read_text("utf-8"))
