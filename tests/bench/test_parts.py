"""The benchmark's parts, each so small that it measures nothing: that they run, and say what they are to say."""

import pytest
from bench.__main__ import PARTS, run
from bench.page import page, rewritten
from bench.scale import Scale

TINY = Scale(
    seconds=0.05,
    rounds=1,
    attempts=1,
    connections=(1, 4),
    threads=20,
    page_threads=1,
    page_lengths=(5, 30),
    lengths=(5, 30),
    stores=(10, 50),
    walked=250,
    runs=2,
    readers=(1, 2),
    settle_seconds=0.3,
    stream_seconds=1,
    starts=1,
    grown=200,
)
SAID = {
    "calls": ["| append a message | 4 |", "| list 20 threads by metadata | 1 |", "Appends go together"],
    "rpc": ["| append a message | 4 |", "| create a thread | 1 |", "floor"],
    "disk": ["| append a message | + 1 ms | 4 |", "With 4 writing at a time"],
    "shapes": ["| last 20 messages | 30 messages | 4 |", "| append a message | 50 threads | 1 |", "Filling took"],
    "start": ["| on a new data folder |", "Loading the code takes"],
    "growth": ["| `item_by_id` |", "A message takes"],
    "steps": ["| 5 | 4 |", "| 30 |", "250 threads with their steps took", "| in order of `tokenCount` |"],
    "streams": ["| through Clew | 2 | 2 |", "| through Clew | 2 | 4 |", "Each reader beyond the first takes"],
}


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_a_part_measures_and_says_what_it_found(part):
    found = run(TINY, only=(part,))
    text = page(found, TINY)
    assert [word for word in SAID[part] if word not in text] == []


def test_a_part_is_written_anew_among_the_others():
    class Section:
        def __init__(self, text):
            self.section = lambda: text

    old = "# Performance\n\n## Calls\n\nold\n\n## Disk\n\nkept\n\n## Where the time goes\n\nthere\n"
    new = rewritten(old, [Section("## Calls\n\nnew\n"), Section("## gRPC\n\nadded\n")])
    assert new == (
        "# Performance\n\n## Calls\n\nnew\n\n## Disk\n\nkept\n\n## gRPC\n\nadded\n\n## Where the time goes\n\nthere\n"
    )
