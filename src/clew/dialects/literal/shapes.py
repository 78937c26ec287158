"""What a piece of JSON is, said so that type checkers know it afterwards as well."""

from __future__ import annotations

import math
from typing import Any, Final, TypeGuard

NUMBER_MAX: Final = 2**63 - 1


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether it is an object. Its keys are text: nothing else comes out of JSON."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether it is a list."""
    return isinstance(value, list)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number, which true and false are not, and one that can be stored and counted with."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= NUMBER_MAX if isinstance(value, int) else math.isfinite(value)
