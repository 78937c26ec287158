"""Addresses that clients print: whoever follows one learns where they are, and nothing else."""

import httpx2
import pytest

from support.server import RunningServer

THREAD = "/projects/default/logs/threads/it"


def test_a_threads_address_names_the_thread_and_the_step(place):
    page = httpx2.get(f"{place.url}{THREAD}?currentStepId=that")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<h1>Thread it, step that</h1>" in page.text


def test_a_prompts_address_names_the_version(graphql):
    made = graphql.ask('mutation { createPromptLineage(name: "A & B") { id } }')["createPromptLineage"]
    asked = "mutation ($id: String!) { createPromptVersion(lineageId: $id) { url } }"
    page = httpx2.get(graphql.ask(asked, id=made["id"])["createPromptVersion"]["url"])
    assert "<h1>Prompt A &amp; B, version 0</h1>" in page.text


def test_no_key_is_needed_and_no_thread(tmp_path):
    with RunningServer(tmp_path, open_project=None) as server:
        assert httpx2.get(f"{server.url}{THREAD}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/projects/%3Cscript%3E/logs/threads/%3Cscript%3E?currentStepId=%3Cscript%3E",
        "/projects/%3Cscript%3E/playground?name=%3Cscript%3E&version=%3Cscript%3E",
        "/projects/x/playground?name=%ff%00%ed%a0%80<script>",
    ],
)
def test_what_stands_in_an_address_is_shown_as_text(place, path):
    page = httpx2.get(place.url + path)
    assert page.status_code == 200
    assert "<script" not in page.text
    assert page.headers["content-security-policy"] == "default-src 'none'"


def test_other_addresses_below_projects_are_none(place):
    answer = httpx2.get(f"{place.url}/projects/default")
    assert (answer.status_code, list(answer.json())) == (404, ["errors"])
