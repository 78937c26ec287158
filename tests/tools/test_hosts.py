"""The check for hosts and for folders of one machine finds them, and finds none in our own files."""

import pytest


@pytest.fixture(scope="module")
def hosts(tool):
    return tool("hosts")


def test_every_host_is_found_wherever_it_stands(hosts):
    for parts in hosts.HOSTS:
        host = ".".join(parts)
        text = f'first\n"resolved": "https://files.{host}/some/file.tgz"\n'
        assert [(found.line, found.what) for found in hosts.findings("lock.json", text)] == [(2, host)]


def test_case_does_not_hide_a_host(hosts):
    assert hosts.findings("page.md", ".".join(hosts.HOSTS[0]).upper())


def test_a_machines_folder_is_found(hosts):
    for folder in hosts.FOLDERS:
        path = f"/{folder}/someone"
        assert [found.what for found in hosts.findings("a.py", f'open("{path}/x")')] == [path]


@pytest.mark.parametrize(
    "text",
    ["/tmp/clew", "/var/lib/clew", "src/work/a", "https://example.com/home/page", "{project}/home/x", "~/home/x"],
)
def test_other_paths_are_left_alone(hosts, text):
    assert hosts.findings("page.md", text) == []


def test_no_file_of_ours_names_a_host_or_a_machine(hosts, capsys):
    status = hosts.main()
    assert capsys.readouterr().out == ""
    assert status == 0
