"""What every noun is: frozen, slotted, keyword-only, and quick to make, to change and to store.

Nouns are `msgspec.Struct`s and not dataclasses for one measured reason: every request makes, copies, stores or loads
several, and a struct does each of these ten times faster. They hold values only and never each other in a circle, so
the garbage collector need not look at them. Nothing else of msgspec is used in the domain.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

__all__ = ["Noun", "replace"]


class Noun(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A noun. `replace(noun, field=value)` is a copy with another value; a stored one leaves its defaults out."""
