"""IamTokenService, over REST: a token is the key that was given for it."""

import httpx2
import pytest

from support.server import RunningServer


@pytest.fixture
def closed(tmp_path):
    with RunningServer(tmp_path, open_project=None) as server:
        yield server


def test_a_key_is_exchanged_for_itself(closed):
    key = closed.key("default")
    made = httpx2.post(f"{closed.url}/iam/v1/tokens", json={"yandexPassportOauthToken": key}).json()
    assert made["iamToken"] == key
    params = {"folderId": "default"}
    bearer = {"authorization": f"Bearer {made['iamToken']}"}
    assert httpx2.get(f"{closed.url}/assistants/v1/threads", params=params, headers=bearer).status_code == 200


def test_what_is_no_key_is_unauthenticated(closed):
    answer = httpx2.post(f"{closed.url}/iam/v1/tokens", json={"yandexPassportOauthToken": "y0_unknown"})
    assert (answer.status_code, answer.json()["code"]) == (401, 16)


@pytest.mark.parametrize("body", [{}, {"jwt": "a.b.c"}])
def test_a_signed_token_cannot_be_checked_here(closed, body):
    answer = httpx2.post(f"{closed.url}/iam/v1/tokens", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
