"""The states of a run: every move in the table is made, and every other is refused."""

from itertools import product

import pytest

from clew.domain.item import Fault, Usage
from clew.domain.problem import WrongState
from clew.domain.run import (
    ACTIVE,
    CANCELLABLE,
    MOVES,
    TERMINAL,
    OwedCall,
    Progress,
    Run,
    RunState,
    end,
    move,
)

TABLE = """
queued      running cancelling expired failed
running     waiting cancelling completed incomplete failed expired
waiting     queued cancelling expired
cancelling  cancelled completed incomplete failed expired
completed
incomplete
failed
cancelled
expired
"""
"""Each state, and the states that may follow it. Said a second time on purpose: a change must be meant twice."""

MAY_FOLLOW = {RunState(state): set(map(RunState, rest)) for state, *rest in map(str.split, TABLE.strip().splitlines())}
OWED = (OwedCall(id="call_a", name="add", arguments="{}"),)


def run(state, **progress):
    return Run(
        project_id="ours",
        thread_id="thread_a",
        id="run_a",
        assistant_id="asst_a",
        created_at=0,
        model="small",
        progress=Progress(state=state, **progress),
        lease_owner="worker",
        lease_until=9,
    )


def test_the_table_speaks_of_every_state():
    assert set(MAY_FOLLOW) == set(RunState)


@pytest.mark.parametrize(("state", "to"), list(product(RunState, RunState)))
def test_a_run_moves_as_the_table_says_and_not_otherwise(state, to):
    if to in MAY_FOLLOW[state]:
        assert move(run(state), to).state is to
    else:
        with pytest.raises(WrongState) as problem:
            move(run(state), to)
        assert (problem.value.noun, problem.value.id, problem.value.state) == ("run", "run_a", state)


def test_what_has_no_move_is_terminal_and_the_rest_is_active():
    assert {state for state, next_states in MAY_FOLLOW.items() if not next_states} == TERMINAL
    assert set(MOVES) == ACTIVE == set(RunState) - TERMINAL


def test_what_can_be_cancelled_is_what_may_become_cancelling():
    assert {state for state, next_states in MAY_FOLLOW.items() if RunState.CANCELLING in next_states} == CANCELLABLE


@pytest.mark.parametrize("state", sorted(ACTIVE))
def test_every_active_run_can_come_to_an_end(state):
    reached, new = set(), {state}
    while new:
        reached |= new
        new = {after for before in new for after in MAY_FOLLOW[before]} - reached
    assert reached & TERMINAL
    assert RunState.EXPIRED in MAY_FOLLOW[state]


def test_a_move_sets_what_it_is_told_and_leaves_the_rest():
    before = run(RunState.RUNNING, started_at=3, expires_at=8, metadata={"a": 1})
    after = move(before, RunState.WAITING, owed=OWED)
    assert after.progress == Progress(state=RunState.WAITING, started_at=3, expires_at=8, metadata={"a": 1}, owed=OWED)
    assert (after.lease_owner, after.lease_until) == ("worker", 9)
    assert before.state is RunState.RUNNING


@pytest.mark.parametrize("usage", [None, Usage(prompt_tokens=2, completion_tokens=3)])
def test_a_run_that_is_over_owes_nothing_expires_never_and_has_a_usage(usage):
    fault = Fault(code="server", message="Sorry.")
    ended = end(run(RunState.RUNNING, owed=OWED, expires_at=8, usage=usage), RunState.FAILED, now=7, error=fault)
    assert ended.progress == Progress(state=RunState.FAILED, ended_at=7, error=fault, usage=usage or Usage())
    assert (ended.lease_owner, ended.lease_until) == (None, None)


def test_a_run_that_is_over_does_not_end_again():
    with pytest.raises(WrongState):
        end(run(RunState.COMPLETED), RunState.EXPIRED, now=7)
