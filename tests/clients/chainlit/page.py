"""The app's page as a person uses it: what can be said, clicked and seen there. Everything waits for what it shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

FLAGS: Final = (
    "--no-sandbox",  # a runner's user is root, for whom there is none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The page asks for letters and styles elsewhere. It does without, and at once.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class ChatPage:
    """One page of the app, of somebody who has logged in."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.history = page.locator("#thread-history a")

    def new(self) -> None:
        """An empty chat."""
        self.page.goto(self.url)
        self._ready()

    def open(self, thread_id: str) -> None:
        """A chat by its address, as after a reload."""
        self.page.goto(f"{self.url}/thread/{thread_id}")
        self._ready()

    def _ready(self) -> None:
        expect(self.page.locator("#chat-input")).to_be_editable()

    @property
    def thread_id(self) -> str:
        """The thread that the address names, which it does after the first answer."""
        self.page.wait_for_url("**/thread/*")
        return self.page.url.rpartition("/")[2]

    def say(self, text: str, *files: tuple[str, str, bytes]) -> None:
        """Say it, with files as (name, MIME type, bytes), and wait for the answer."""
        for file in files:
            self._upload(file)
        expect(self.page.locator("#attachments > *")).to_have_count(len(files))
        expect(self.page.locator("#attachments circle")).to_have_count(0)  # what turns while a file is sent
        self.send(text)
        expect(self.answer(text)).to_be_visible()
        self._settled()

    def _upload(self, file: tuple[str, str, bytes]) -> None:
        """Put the file beside what will be said. The app refuses it until it knows of this page: then again."""
        name, mime, content = file
        while True:
            with self.page.expect_response(re.compile("/project/file")) as answer:
                sent = {"name": name, "mimeType": mime, "buffer": content}
                self.page.locator("#upload-button-input").set_input_files(files=[sent])
            if answer.value.ok:
                return
            expect(self.page.locator("#attachments")).to_have_count(0)

    def _settled(self) -> None:
        """A chat gets its address with its first answer, and the page is built anew, with an empty box."""
        expect(self.page.locator("#thread-history [data-active=true]")).to_be_visible()
        expect(self.page.locator("#chat-submit")).to_be_visible()  # while it is being answered, one to stop it

    def send(self, text: str) -> None:
        """Say it, and wait for nothing."""
        box, button = self.page.locator("#chat-input"), self.page.locator("#chat-submit")
        box.fill(text)
        expect(button).to_be_enabled()
        button.click()
        expect(box).to_be_empty()

    def answer(self, text: str) -> Locator:
        """The message that answers this."""
        return self.messages("assistant_message").filter(has_text=re.compile(rf"You said: {re.escape(text)}"))

    def messages(self, kind: str) -> Locator:
        """All that is said in the chat by one side."""
        return self.page.locator(f"[data-step-type={kind}]").filter(has=self.page.locator(".message-content"))

    def judge(self, which: Locator, verdict: str, comment: str = "") -> None:
        """Give a feedback, `positive` or `negative`. The same again, without a comment to write, takes it back."""
        button = which.locator(f"button[class*={verdict}-feedback]")
        taken_back = f"{verdict}-feedback-on" in (button.get_attribute("class") or "")
        button.click()
        if not taken_back:
            self.page.get_by_role("dialog").locator("textarea").fill(comment)
            self.page.locator("#submit-feedback").click()
        expect(button).to_have_class(re.compile(f"{verdict}-feedback-{'off' if taken_back else 'on'}"))

    def search(self, words: str) -> Locator:
        """The names of the threads that the search finds. Leaves its dialog open."""
        if not self.page.get_by_role("dialog").is_visible():
            self.page.locator("#search-chats-button").click()
        with self.page.expect_response(re.compile("/project/threads")) as found:
            self.page.get_by_placeholder("Search").fill(words)
        found.value.finished()
        return self.page.get_by_role("option")

    def rename(self, old: str, new: str) -> None:
        """Give the thread in the history another name."""
        self._choose(old, "#rename-thread")
        self.page.locator("#name").fill(new)
        self._confirm()

    def delete(self, name: str) -> None:
        """Delete the thread in the history."""
        self._choose(name, "#delete-thread")
        self._confirm()

    def _choose(self, name: str, what: str) -> None:
        entry = self.history.filter(has_text=name)
        entry.hover()
        entry.locator("#thread-options").click()
        self.page.locator(what).click()

    def _confirm(self) -> None:
        self.page.get_by_role("button", name="Confirm").click()

    def edit(self, old: str, new: str) -> None:
        """Say something else instead, and wait for the answer."""
        message = self.messages("user_message").filter(has_text=old)
        message.hover()
        message.locator("button").first.click()
        self.page.locator("#edit-chat-input").fill(new)
        self.page.get_by_role("button", name="Confirm").click()
        expect(self.answer(new)).to_be_visible()
