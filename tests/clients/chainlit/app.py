"""A chat as people write them with Chainlit: it says what it was told, and shows again the files it was given."""

from __future__ import annotations

from pathlib import Path

import chainlit as cl

WORD = "sesame"


@cl.password_auth_callback
def known(username: str, password: str) -> cl.User | None:
    """Anybody who has the word."""
    return cl.User(identifier=username, metadata={"town": "Oslo"}) if password == WORD else None


@cl.on_chat_resume
async def remember(thread: dict) -> None:
    """What people have said until now."""
    said = [step["output"] for step in thread["steps"] if step["type"] == "user_message"]
    cl.user_session.set("said", said)


@cl.on_message
async def answer(message: cl.Message) -> None:
    """A step of a tool, and a message with the files of the question. Where it is told to break, it does."""
    if message.content == "Break down.":
        await cl.ErrorMessage("out of order").send()
        return
    said = [*(cl.user_session.get("said") or []), message.content]
    cl.user_session.set("said", said)
    async with cl.Step(name="counting", type="tool") as step:
        step.input = message.content
        step.output = f"{len(message.content)} letters"
    elements = [element for file in message.elements for element in shown(file)]
    await cl.Message(content=f"You said: {message.content} ({len(said)} in all)", elements=elements).send()


def shown(file: cl.File) -> list[cl.Element]:
    """The file once more, and what is in it where people can look at that."""
    again: list[cl.Element] = [cl.File(name=f"again-{file.name}", path=file.path, display="inline")]
    kind = (file.mime or "").partition("/")[0]
    if kind == "text":
        again.append(cl.Text(name="its text", content=Path(file.path).read_text(), display="inline"))
    if kind == "image":
        again.append(cl.Image(name="its picture", path=file.path, display="inline"))
    return again
