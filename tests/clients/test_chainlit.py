"""A Chainlit app that kept its history with Literal AI, in a real browser, with Clew in that place."""

from __future__ import annotations

import base64
import os
import re
from typing import TYPE_CHECKING, Any

import pytest
from openai import OpenAI
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from clients.chainlit.page import FLAGS, ChatPage
from clients.chainlit.process import ChainlitProcess
from support.graphql import GraphQL
from support.process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.clients

VERSION = "chainlit-2.12.0"
TIMEOUT = 8000
THREAD = """query GetThread($id: String!) { threadDetail(id: $id) { id name tags metadata participant { identifier }
    steps { id type name input output error parentId scores { name value comment type }
            attachments { name mime url } } } }"""
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="module")
def app(
    served: ServerProcess, clients: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ChainlitProcess]:
    with ChainlitProcess(tmp_path_factory.mktemp("app"), clients["python"][VERSION], served.url) as app:
        yield app


@pytest.fixture(scope="module")
def browser(clients: dict[str, Any]) -> Iterator[Browser]:
    if clients["browser"] is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=clients["browser"], args=FLAGS)


@pytest.fixture(scope="module")
def window(browser: Browser) -> BrowserContext:
    """One for all tests, because it keeps the app's code once it has compiled it."""
    window = browser.new_context(locale="en-US")
    window.set_default_timeout(TIMEOUT)
    expect.set_options(timeout=TIMEOUT)
    return window


@pytest.fixture
def page(window: BrowserContext) -> Iterator[Page]:
    with window.new_page() as page:
        yield page


@pytest.fixture
def person(request: pytest.FixtureRequest) -> str:
    """Whoever has only the threads of this test."""
    return request.node.name


@pytest.fixture
def chat(page: Page, window: BrowserContext, app: ChainlitProcess, person: str) -> ChatPage:
    """An empty chat of the person."""
    log_in(window, app, person)
    chat = ChatPage(page, app.url)
    chat.new()
    return chat


def log_in(window: BrowserContext, app: ChainlitProcess, person: str) -> None:
    window.clear_cookies()
    answer = window.request.post(f"{app.url}/login", form={"username": person, "password": "sesame"})
    assert answer.ok


class Store:
    """What the server has."""

    def __init__(self, server: ServerProcess) -> None:
        self.graphql = GraphQL(server)
        self.url = server.url

    def thread(self, thread_id: str) -> Any:
        return self.graphql.ask(THREAD, id=thread_id)["threadDetail"]

    def thread_once(self, thread_id: str, holds: Callable[[Any], bool]) -> Any:
        """The thread as soon as it is so. The app answers people first, and tells the server beside it."""
        while not holds(thread := self.thread(thread_id)):
            pass
        return thread

    def kept(self, thread_id: str, *asked: str) -> Any:
        """The thread once it has the answers to all this."""
        return self.thread_once(thread_id, lambda thread: all(text in "\n".join(answers(thread)) for text in asked))


def said(thread: Any, kind: str) -> list[str]:
    return [step["output"]["content"] for step in thread["steps"] if step["type"] == kind]


def answers(thread: Any) -> list[str]:
    return said(thread, "assistant_message")


@pytest.fixture
def store(served: ServerProcess) -> Store:
    return Store(served)


class TestLogin:
    def test_makes_a_participant(self, page: Page, window: BrowserContext, app: ChainlitProcess, store: Store):
        window.clear_cookies()
        page.goto(f"{app.url}/login")
        page.locator("#email").fill("ann")
        page.locator("#password").fill("sesame")
        page.keyboard.press("Enter")
        expect(page.locator("#chat-input")).to_be_editable()
        found = store.graphql.ask('{ participant(identifier: "ann") { metadata } }')["participant"]
        assert found["metadata"]["town"] == "Oslo"


class TestChat:
    def test_is_kept_as_a_thread_with_its_steps(self, chat: ChatPage, store: Store, person: str):
        chat.say("How are the apples?")
        thread = store.kept(chat.thread_id, "How are the apples?")
        assert (thread["name"], thread["participant"]["identifier"]) == ("How are the apples?", person)
        steps = {step["type"]: step for step in thread["steps"]}
        assert steps["user_message"]["output"] == {"content": "How are the apples?"}
        assert steps["tool"]["output"] == {"content": "19 letters"}

    def test_is_a_thread_of_openais_clients(self, chat: ChatPage, store: Store):
        chat.say("One.")
        chat.say("Two.")
        store.kept(chat.thread_id, "One.", "Two.")
        with OpenAI(base_url=f"{store.url}/v1", api_key="any") as client:
            page = client.beta.threads.messages.list(chat.thread_id, order="asc")
            client.beta.threads.messages.create(chat.thread_id, role="user", content="From elsewhere.")
        assert [(message.role, message.content[0].text.value) for message in page] == [
            ("user", "One."),
            ("assistant", "You said: One. (1 in all)"),
            ("user", "Two."),
            ("assistant", "You said: Two. (2 in all)"),
        ]
        chat.open(chat.thread_id)
        expect(chat.messages("user_message").last).to_have_text("From elsewhere.")

    def test_shows_what_broke_also_after_a_reload(self, chat: ChatPage, store: Store, page: Page):
        chat.send("Break down.")
        expect(page.get_by_text("out of order")).to_be_visible()
        store.thread_once(chat.thread_id, lambda thread: any(step["error"] for step in thread["steps"]))
        chat.open(chat.thread_id)
        expect(page.get_by_text("out of order")).to_be_visible()

    def test_is_said_again_in_other_words(self, chat: ChatPage, store: Store):
        chat.say("Pears.")
        chat.say("Plums.")
        chat.edit("Pears.", "Peaches.")
        thread = store.thread_once(chat.thread_id, lambda thread: len(answers(thread)) == 1)
        assert said(thread, "user_message") == ["Peaches."]
        assert "Peaches." in answers(thread)[0]


class TestResuming:
    def test_shows_all_that_was_said_and_goes_on(self, chat: ChatPage, store: Store):
        chat.say("One.")
        thread_id = chat.thread_id
        store.kept(thread_id, "One.")
        chat.new()
        chat.history.filter(has_text="One.").click()
        expect(chat.answer("One.")).to_be_visible()
        chat.say("Two.")
        expect(chat.answer("Two.")).to_contain_text("(2 in all)")
        assert chat.thread_id == thread_id
        store.kept(thread_id, "One.", "Two.")
        chat.open(thread_id)
        every = ["You said: One. (1 in all)", "You said: Two. (2 in all)"]
        expect(chat.messages("assistant_message")).to_have_text(every)

    def test_is_for_the_author_only(self, chat: ChatPage, store: Store, window: BrowserContext, app: ChainlitProcess):
        chat.say("A secret.")
        thread_id = chat.thread_id
        store.kept(thread_id, "A secret.")
        log_in(window, app, "somebody else")
        assert window.request.get(f"{app.url}/project/thread/{thread_id}").status in {401, 403, 404}
        chat.new()
        expect(chat.history).to_have_count(0)


class TestHistory:
    def test_is_listed_page_by_page_newest_first(self, chat: ChatPage, store: Store, person: str, page: Page):
        made = "mutation ($name: String, $who: String) { createThread(name: $name, participantId: $who) { id } }"
        for number in range(50):
            store.graphql.ask(made, name=f"Number {number}", who=person)
        chat.new()
        expect(chat.history.first).to_have_text("Number 49")
        expect(chat.history.filter(has_text=re.compile("Number 0$"))).to_have_count(0)
        chat.history.last.scroll_into_view_if_needed()
        expect(chat.history.filter(has_text=re.compile("Number 0$"))).to_have_count(1)
        expect(chat.history).to_have_count(50)

    def test_is_searched_by_what_was_said(self, chat: ChatPage, store: Store):
        for words in ("About apples.", "About pears."):
            chat.new()
            chat.say(words)
            store.kept(chat.thread_id, words)
        expect(chat.search("APPLES")).to_have_text(["About apples."])
        expect(chat.search("about")).to_have_text(["About pears.", "About apples."])
        expect(chat.search("cherries")).to_have_count(0)
        chat.search("apples").click()
        expect(chat.answer("About apples.")).to_be_visible()

    def test_takes_another_name(self, chat: ChatPage, store: Store):
        chat.say("Old.")
        store.kept(chat.thread_id, "Old.")
        chat.rename("Old.", "Fruit")
        expect(chat.history).to_have_text(["Fruit"])
        assert store.thread(chat.thread_id)["name"] == "Fruit"
        chat.open(chat.thread_id)
        expect(chat.history).to_have_text(["Fruit"])

    def test_loses_what_is_deleted(self, chat: ChatPage, store: Store):
        chat.say("Forget me.")
        thread_id = chat.thread_id
        store.kept(thread_id, "Forget me.")
        chat.delete("Forget me.")
        expect(chat.history).to_have_count(0)
        assert store.thread(thread_id) is None
        chat.new()
        expect(chat.history).to_have_count(0)


class TestFeedback:
    def test_is_given_changed_and_taken_back(self, chat: ChatPage, store: Store):
        def scores() -> list[dict[str, Any]]:
            return [score for step in store.thread(chat.thread_id)["steps"] for score in step["scores"]]

        chat.say("Good?")
        store.kept(chat.thread_id, "Good?")
        chat.judge(chat.answer("Good?"), "positive", "Well done.")
        assert scores() == [{"name": "user-feedback", "value": 1, "comment": "Well done.", "type": "HUMAN"}]
        chat.open(chat.thread_id)
        chat.judge(chat.answer("Good?"), "negative", "Not so.")
        assert scores() == [{"name": "user-feedback", "value": 0, "comment": "Not so.", "type": "HUMAN"}]
        chat.open(chat.thread_id)
        chat.judge(chat.answer("Good?"), "negative")
        assert scores() == []

    def test_finds_threads(self, chat: ChatPage, store: Store, window: BrowserContext, app: ChainlitProcess):
        """The page has no such filter any more, but the app's own interface has."""
        chat.say("Good?")
        store.kept(chat.thread_id, "Good?")
        chat.judge(chat.answer("Good?"), "positive")

        def listed(value: int) -> list[str]:
            asked = {"pagination": {"first": 5}, "filter": {"feedback": value}}
            answer = window.request.post(f"{app.url}/project/threads", data=asked)
            return [thread["id"] for thread in answer.json()["data"]]

        assert (listed(1), listed(0)) == ([chat.thread_id], [])


class TestFile:
    def test_is_there_again_after_a_reload_from_the_servers_address(self, chat: ChatPage, store: Store, page: Page):
        chat.say("Read this.", ("notes.txt", "text/plain", b"pears and plums"))
        self.arrived(chat, store, 3)
        chat.open(chat.thread_id)
        expect(page.get_by_text("pears and plums")).to_be_visible()
        link = page.get_by_role("link", name="again-notes.txt").get_attribute("href")
        assert link is not None
        assert link.startswith(store.url)
        got = page.request.get(link)
        assert (got.body(), got.headers["content-type"]) == (b"pears and plums", "text/plain")

    def test_is_a_picture_that_the_browser_shows(self, chat: ChatPage, store: Store, page: Page):
        chat.say("Look.", ("dot.png", "image/png", PICTURE))
        self.arrived(chat, store, 3)
        chat.open(chat.thread_id)
        picture = chat.answer("Look.").get_by_role("img", name="its picture")
        expect(picture).to_have_js_property("naturalWidth", 1)
        assert (picture.get_attribute("src") or "").startswith(store.url)

    def arrived(self, chat: ChatPage, store: Store, count: int) -> None:
        """All of the files have been uploaded."""
        store.thread_once(
            chat.thread_id, lambda thread: sum(len(one["attachments"]) for one in thread["steps"]) == count
        )


def test_the_apps_links_for_those_who_debug_lead_somewhere(app: ChainlitProcess, store: Store, window: BrowserContext):
    log_in(window, app, "ann")
    settings = window.request.get(f"{app.url}/project/settings?language=en-US").json()
    followed = window.request.get(settings["debugUrl"].replace("[thread_id]", "it").replace("[step_id]", "that"))
    assert "Thread it, step that" in followed.text()
