"""Feeds: the newest events of a run for readers that keep up, and nothing wrong for those that do not."""

import pytest

from clew.domain.event import Event, EventKind
from clew.service.feeds import RING, Feed, Feeds


def events(*numbers: int) -> list[Event]:
    return [Event(kind=EventKind.DELTA, at=0, number=number) for number in numbers]


def numbers(found: list[Event] | None) -> list[int] | None:
    return None if found is None else [event.number for event in found]


class TestFeed:
    @pytest.fixture
    def feed(self) -> Feed:
        feed = Feed()
        feed.publish(events(3, 4, 5))
        return feed

    @pytest.mark.parametrize(
        ("number", "found"), [(2, [3, 4, 5]), (3, [4, 5]), (4, [5]), (5, []), (9, []), (1, None), (0, None)]
    )
    def test_gives_what_came_after_a_number(self, feed, number, found):
        assert numbers(feed.after(number)) == found

    def test_that_has_seen_nothing_sends_readers_to_the_store(self):
        assert Feed().after(0) is None

    def test_keeps_only_the_newest(self, feed):
        feed.publish(events(*range(6, 6 + RING)))
        assert feed.after(4) is None
        assert len(feed.after(5)) == RING

    def test_with_a_gap_sends_readers_to_the_store(self, feed):
        feed.publish(events(8, 9))
        assert feed.after(5) is None
        assert numbers(feed.after(7)) == [8, 9]

    def test_takes_no_event_twice(self, feed):
        feed.publish(events(4, 5, 6))
        assert numbers(feed.after(2)) == [3, 4, 5, 6]

    def test_wakes_whoever_waits(self, feed):
        moved = feed.moved()
        feed.publish(events(6))
        assert moved.is_set()
        assert not feed.moved().is_set()

    async def test_wakes_its_readers_after_a_silence_and_again_after_the_next(self, feed):
        feed.watch(0.01)
        await feed.moved().wait()
        await feed.moved().wait()
        feed.rest()
        assert feed.silences == 2

    async def test_counts_no_silence_where_there_was_a_word(self, feed):
        feed.watch(60)
        feed.publish(events(6))
        feed.rest()
        assert feed.silences == 0


class TestFeeds:
    def test_forget_a_run_that_nobody_listens_to(self):
        feeds = Feeds()
        feeds.publish("run", events(1))
        feeds.close("run")
        assert feeds._by_run == {}

    def test_are_shared_by_all_readers_of_a_run_and_end_with_the_last(self):
        feeds = Feeds()
        first, second = feeds.join("run"), feeds.join("run")
        assert first is second
        feeds.leave("run")
        feeds.publish("run", events(1))
        assert numbers(second.after(0)) == [1]
        feeds.leave("run")
        assert feeds._by_run == {}

    def test_end_their_readers_with_the_run(self):
        feeds = Feeds()
        gone, other = feeds.join("gone"), feeds.join("other")
        feeds.close("gone")
        assert (gone.closed, other.closed) == (True, False)

    def test_end_all_readers_with_the_server_also_late_ones(self):
        feeds = Feeds()
        early = feeds.join("early")
        moved = early.moved()
        feeds.close_all()
        assert early.closed
        assert moved.is_set()
        assert feeds.join("late").closed
