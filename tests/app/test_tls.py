"""Certificates: both ports over TLS, and what is wrong with a pair in a sentence."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import sys

import grpc
import httpx2
import pytest
from openai import OpenAI

from clew.app.http import CannotListen
from clew.app.serve import start_text
from clew.app.settings import SettingsProblem, read
from clew.app.tls import Tls
from clew.dialects.yandex import wire
from support.certificates import Certificate
from support.process import ServerProcess
from support.stub import Stub


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return Certificate.made(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def secured(tmp_path_factory, certificate):
    pairs = ["--http-cert", certificate.cert, "--http-key", certificate.key]
    pairs += ["--grpc-cert", certificate.cert, "--grpc-key", certificate.key]
    with ServerProcess(tmp_path_factory.mktemp("secured"), None, *map(str, pairs)) as process:
        yield process


@pytest.fixture
def trust(certificate):
    return ssl.create_default_context(cafile=certificate.root)


def test_both_ports_speak_tls(secured, certificate, trust):
    credentials = grpc.ssl_channel_credentials(certificate.root.read_bytes())
    with Stub(secured.grpc_address, credentials=credentials) as stub:
        thread = stub("ThreadService.Create", wire.CreateThreadRequest(folder_id="default", name="n"))
    headers = {"authorization": "Api-Key any"}
    answer = httpx2.get(f"{secured.url}/assistants/v1/threads/{thread.id}", headers=headers, verify=trust)
    assert answer.json()["name"] == "n"
    with OpenAI(base_url=secured.base_url, api_key="any", http_client=httpx2.Client(verify=trust)) as client:
        assert client.beta.threads.retrieve(thread.id).id == thread.id


def test_a_stream_comes_over_tls(secured, trust):
    headers = {"authorization": "Api-Key any"}
    with httpx2.Client(base_url=secured.url, headers=headers, verify=trust) as http:
        said = [{"content": {"content": [{"text": {"content": str(number) * 1000}}]}} for number in range(9)]
        thread = http.post("/assistants/v1/threads", json={"folderId": "default", "messages": said}).json()["id"]
        lines = http.get("/assistants/v1/messages", params={"threadId": thread}).text.splitlines()
    texts = [json.loads(line)["result"]["content"]["content"][0]["text"]["content"] for line in lines]
    assert texts == [str(number) * 1000 for number in range(8, -1, -1)]


def test_without_its_root_nothing_is_trusted(secured):
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(secured.url)
    with Stub(secured.grpc_address) as plain, pytest.raises(grpc.RpcError) as raised:
        plain("ApiEndpointService.List", wire.ListApiEndpointsRequest())
    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


def test_the_start_text_shows_it(tmp_path, certificate):
    said = {name: str(certificate.cert if name.endswith("cert") else certificate.key) for name in NAMES}
    text = start_text(read(said, {}, folder=tmp_path), None, is_open=True)
    assert "Clew is serving https://127.0.0.1:8400" in text
    assert re.search(r"gRPC +127\.0\.0\.1:8401 over TLS", text)
    assert "verify=False" not in text
    assert "verify=False" in start_text(read({}, {}, folder=tmp_path), None, is_open=True)


NAMES = ("grpc_cert", "grpc_key", "http_cert", "http_key")


@pytest.mark.parametrize("name", NAMES)
def test_half_a_pair_is_refused(tmp_path, name):
    with pytest.raises(SettingsProblem, match=rf"^{name} is set and \w+ is not: TLS needs both$"):
        read({name: "file.pem"}, {}, folder=tmp_path)


def test_no_pair_is_no_tls():
    assert Tls.of(None, None) is None


def test_a_file_that_is_not_there_is_a_sentence(tmp_path, certificate):
    with pytest.raises(CannotListen, match=r"none\.pem cannot be read: No such file"):
        Tls.of(certificate.cert, tmp_path / "none.pem")


def test_a_pair_that_is_none_is_a_sentence(tmp_path, certificate):
    other = tmp_path / "other"
    other.mkdir()
    for cert, key in (
        (certificate.key, certificate.cert),
        (certificate.cert, Certificate.made(other).key),
        (_junk(tmp_path), certificate.key),
    ):
        with pytest.raises(CannotListen, match="are no certificate and its key"):
            Tls.of(cert, key)


def _junk(folder):
    (folder / "junk.pem").write_bytes(b"\x00\xff junk")
    return folder / "junk.pem"


def test_a_server_with_a_bad_pair_does_not_start(tmp_path):
    flags = ["--grpc-cert", _junk(tmp_path), "--grpc-key", _junk(tmp_path), "--data", tmp_path / "data", "--port", "0"]
    done = subprocess.run(
        [sys.executable, "-m", "clew", "serve", *flags], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "are no certificate and its key" in done.stderr
    assert "Traceback" not in done.stderr
