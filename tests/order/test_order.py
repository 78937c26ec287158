"""Many writers and readers who page meanwhile, over the real socket; `just order` does the same at full size."""

import pytest
from bench.order import Said, faults, order

ONE = Said(writer=1, number=0, id="a", sent=1, answered=2)
NEXT = Said(writer=1, number=1, id="b", sent=3, answered=4)
OTHER = Said(writer=2, number=0, id="c", sent=5, answered=6)
RISING = [("a", "1 0"), ("b", "1 1"), ("c", "2 0")]


@pytest.mark.slow
def test_order_holds_while_many_write_and_others_page():
    assert len(order(appends=5000)) == 2


@pytest.mark.parametrize(
    ("rising", "fault"),
    [
        (RISING, None),
        (RISING[1:], "1 answered messages are missing"),
        ([*RISING, ("d", "3 0")], "1 are there that nobody was answered"),
        ([*RISING, RISING[0]], "1 are there that nobody was answered"),
        ([("a", "1 0"), ("b", "1 1"), ("c", "2 1")], "1 answered messages are missing"),
        ([RISING[1], RISING[0], RISING[2]], "the messages of writer 1 are not in its order"),
        ([RISING[0], RISING[2], RISING[1]], "message 1 of writer 1 stands after one sent when it was answered"),
    ],
)
def test_each_fault_of_a_list_is_found(rising, fault):
    found = faults([ONE, NEXT, OTHER], rising, rising[::-1])
    assert found == [] if fault is None else fault in "; ".join(found)


def test_a_list_that_is_not_its_own_mirror_is_found():
    assert faults([ONE, NEXT, OTHER], RISING, RISING) == ["desc is not asc read backwards"]
