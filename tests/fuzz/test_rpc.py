"""A short attack; `just fuzz` makes long ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clew.dialects.yandex import wire
from fuzz.rpc import attack
from support.stub import Stub

if TYPE_CHECKING:
    from support.server import RunningServer


@pytest.mark.parametrize("seed", range(3))
def test_no_made_up_call_is_answered_by_a_bug(server: RunningServer, seed: int) -> None:
    with Stub(server.grpc_address) as stub:
        outcome = attack(stub, seed=seed, count=250)
        assert outcome.bugs == []
        assert {code for _, code in outcome.codes} >= {"OK", "NOT_FOUND", "INVALID_ARGUMENT"}
        assert stub("ThreadService.Create", wire.CreateThreadRequest(folder_id="default")).id
