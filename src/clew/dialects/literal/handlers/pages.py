"""The addresses that clients print for people to follow. There is no console yet, so they say where things are."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from clew.web.answer import Answer

if TYPE_CHECKING:
    from clew.service.core import Core
    from clew.web.request import Request

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Clew</title></head>
<body><h1>{what}</h1><p>Project: {project}</p>
<p>Clew keeps it, and has no pages to look at it yet: any client with a key of the project reads it.</p></body></html>
"""
_HEADERS: Final = (
    ("content-security-policy", "default-src 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
)


async def thread(_core: Core, request: Request) -> Answer:
    """`GET /projects/{project_id}/logs/threads/{thread_id}`: where Chainlit's page leads. Says nothing but its address.

    Whoever follows it has no key, so not even whether there is such a thread is said.
    """
    step = dict(request.query_pairs()).get("currentStepId")
    return _page(request, f"Thread {request.params['thread_id']}" + (f", step {step}" if step else ""))


async def playground(_core: Core, request: Request) -> Answer:
    """`GET /projects/{project_id}/playground`: where the address of a prompt leads. Says nothing but that address."""
    asked = dict(request.query_pairs())
    return _page(request, f"Prompt {asked.get('name', '')}, version {asked.get('version', 'latest')}")


def _page(request: Request, what: str) -> Answer:
    page = _PAGE.format(what=escape(what), project=escape(request.params["project_id"]))
    # A part of an address may be what no text in UTF-8 can hold.
    content = page.encode(errors="replace")
    return Answer(content=content, content_type="text/html; charset=utf-8", headers=_HEADERS)
