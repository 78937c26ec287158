"""The table of settings, and the places that they are read from."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clew.app.settings import SETTINGS, Setting, Settings, SettingsProblem, as_help, as_markdown, read
from clew.domain.quota import Quota

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes the `clew.toml` of a folder and returns the folder."""

    def write(text: str) -> Path:
        (tmp_path / "clew.toml").write_text(text)
        return tmp_path

    return write


def refusal(flags: dict[str, object], environment: dict[str, str], folder: Path = Path("nowhere")) -> str:
    with pytest.raises(SettingsProblem) as refused:
        read(flags, environment, folder=folder)
    return str(refused.value)


def test_the_table_and_the_type_name_the_same_settings():
    assert [setting.name for setting in SETTINGS] == [field.name for field in fields(Settings)]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_readmes_table_and_in_the_help(setting: Setting):
    row = next(line for line in as_markdown().splitlines() if line.startswith(f"| `{setting.key}` |"))
    names = [name for name in (setting.flag, setting.env) if name]

    assert all(f"`{name}`" in row and name in as_help() for name in names)
    assert setting.help in row
    assert setting.help.replace("`", "") in as_help()


def test_the_readmes_table_has_five_columns_in_every_row():
    assert {line.count(" | ") for line in as_markdown().splitlines()} == {4}


def test_no_flag_variable_or_key_stands_for_two_settings():
    for names in zip(*((setting.flag, setting.env, setting.key) for setting in SETTINGS), strict=True):
        given = [name for name in names if name]
        assert len(given) == len(set(given))


def test_without_a_word_the_server_is_local_and_keeps_its_data_here(tmp_path: Path):
    settings = read({}, {}, folder=tmp_path)

    assert (settings.host, settings.port) == ("127.0.0.1", 8400)
    assert settings.database_file == Path("clew-data/clew.db")
    assert settings.blobs_folder == Path("clew-data/blobs")
    assert settings.body_bytes_max == 16 * 1024 * 1024
    assert settings.upload_bytes_max == 8 * 1024 * 1024 * 1024
    assert settings.default_model is None
    assert settings.local_model is None
    assert settings.models == ()


def test_flags_go_before_the_environment_and_that_before_the_file(write):
    folder = write('port = 1\nhost = "file"\nproject = "file"')
    environment = {"CLEW_PORT": "2", "CLEW_HOST": "environment"}

    settings = read({"port": "3"}, environment, folder=folder)

    assert (settings.port, settings.host, settings.project) == (3, "environment", "file")


@pytest.mark.parametrize("flags", [{"port": "3"}, {"port": None}])
def test_what_is_overruled_is_not_even_read(write, flags):
    environment = {"CLEW_PORT": "2"} if flags["port"] is None else {"CLEW_PORT": "tcp://10.0.0.1:8400"}

    assert read(flags, environment, folder=write('port = "bad"')).port in (2, 3)


def test_a_flag_can_switch_off_what_the_file_switches_on(write):
    assert read({}, {}, folder=write("open = true")).open
    assert not read({"open": False}, {}, folder=write("open = true")).open


def test_an_empty_variable_is_unset(tmp_path: Path):
    assert read({}, {"CLEW_PORT": "", "CLEW_MODEL_KEY": ""}, folder=tmp_path).port == 8400


@pytest.mark.parametrize(
    ("flags", "environment", "file", "said"),
    [
        ({"port": "x"}, {}, "", "--port (x): not a port"),
        ({}, {"CLEW_PORT": "70000"}, "", "CLEW_PORT (70000): not a port"),
        ({}, {}, "port = true", "port in {folder}/clew.toml (true): not a port"),
        ({}, {}, "prot = 1", "{folder}/clew.toml: there is no setting 'prot'; did you mean 'port'?"),
        ({}, {}, "run-seconds = 1", "did you mean 'run_seconds'?"),
        ({}, {}, "[server]\nport = 1", "there is no setting 'server'"),
        ({}, {}, "port 1", "{folder}/clew.toml is not TOML: "),
        ({"run_seconds": "0"}, {}, "", "--run-seconds (0): not a whole number from 1 up"),
        ({}, {"CLEW_FILE_BYTES_MAX": "lots"}, "", "CLEW_FILE_BYTES_MAX (lots): not a number of bytes"),
        ({}, {"CLEW_OPEN": "maybe"}, "", "CLEW_OPEN (maybe): neither true nor false"),
        ({"log_level": "loud"}, {}, "", "--log-level (loud): not one of debug, info, warning, error"),
    ],
)
def test_a_refusal_names_the_place_and_the_reason(write, flags, environment, file, said):
    folder = write(file)

    assert said.format(folder=folder) in refusal(flags, environment, folder)


@pytest.mark.parametrize(
    ("flags", "environment"),
    [
        ({"database": "postgresql://u:hush@h/d"}, {}),
        ({}, {"CLEW_DATABASE_URL": "mysql://u:hush@h/d"}),
        ({}, {"CLEW_MODEL_URL": "http://u:hush@h/v1"}),
        ({}, {"CLEW_MODEL_URL": "hush"}),
        ({}, {"CLEW_MODEL_KEY": "hush\n"}),
    ],
)
def test_a_refusal_never_repeats_what_may_be_secret(flags, environment):
    assert "hush" not in refusal(flags, environment)


def test_postgresql_is_said_to_come_later():
    said = refusal({}, {"CLEW_DATABASE_URL": "postgresql://h/d"})

    assert said == "CLEW_DATABASE_URL: PostgreSQL comes later; for now the database is sqlite:///FILE"


def test_a_named_file_is_read_instead_and_must_exist(write, tmp_path: Path):
    folder = write("port = 1")
    other = tmp_path / "other.toml"
    other.write_text("port = 2")

    assert read({}, {}, config=other, folder=folder).port == 2
    with pytest.raises(SettingsProblem, match=r"--config: there is no file .*absent"):
        read({}, {}, config=tmp_path / "absent", folder=folder)


def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path):
    (tmp_path / "clew.toml").mkdir()

    assert "clew.toml cannot be read" in refusal({}, {}, tmp_path)


def test_a_database_that_is_named_alone_takes_the_data_to_its_folder():
    assert read({"database": "sqlite:////srv/a.db"}, {}, folder=Path("nowhere")).blobs_folder == Path("/srv/blobs")
    apart = read({"database": "sqlite:////srv/a.db", "data": "here"}, {}, folder=Path("nowhere"))
    assert (apart.database_file, apart.blobs_folder) == (Path("/srv/a.db"), Path("here/blobs"))


@pytest.mark.parametrize(
    ("said", "path"), [(True, None), ("true", None), ("1", None), ("small.gguf", Path("small.gguf"))]
)
def test_a_local_model_is_the_packaged_one_or_a_file(said, path):
    chosen = read({"local_model": said}, {}, folder=Path("nowhere")).local_model

    assert chosen is not None
    assert chosen.path == path


def test_the_default_model_is_made_of_its_three_settings():
    environment = {"CLEW_MODEL_URL": "http://h/v1/", "CLEW_MODEL_KEY": "k", "CLEW_MODEL_NAME": "n"}

    model = read({}, environment, folder=Path("nowhere")).default_model

    assert model is not None
    assert (model.base_url, model.api_key, model.name) == ("http://h/v1", "k", "n")


def test_further_models_come_from_tables_of_the_file(write):
    folder = write("""
        [[models]]
        pattern = "gpt-*"
        url = "http://a/v1"
        [[models]]
        pattern = "llama*"
        url = "http://b/v1"
        key = "k"
        name = "llama3"
        context_window_tokens = 8192
        tool_choice = false
        json_schema = false
        budget_field = "max_tokens"
    """)

    plain, full = read({}, {}, folder=folder).models

    assert (plain.pattern, plain.base_url, plain.tool_choice_honoured) == ("gpt-*", "http://a/v1", True)
    assert (full.api_key, full.name, full.context_window_tokens) == ("k", "llama3", 8192)
    assert (full.tool_choice_honoured, full.json_schema_honoured, full.budget_field) == (False, False, "max_tokens")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ('models = "x"', "not [[models]] tables"),
        ("models = [1]", "the 1. [[models]] is not a table"),
        ('[[models]]\npattern = "x"', "the 1. [[models]] has no 'url', and needs one"),
        ('[[models]]\nurl = "http://a"\npattern = "x"\nkeys = "hush"', "the 1. [[models]] has no 'keys'; there are"),
        ('[[models]]\nurl = "hush"\npattern = "x"', "url of the 1. [[models]] is not a URL"),
    ],
)
def test_a_wrong_models_table_is_refused_in_a_sentence(write, file, said):
    refused = refusal({}, {}, write(file))

    assert said in refused
    assert "hush" not in refused


def test_settings_do_not_show_keys():
    assert "hush" not in repr(read({"model_key": "hush", "model_url": "http://h"}, {}, folder=Path("nowhere")))


def test_quotas_are_read_from_the_file(write: Callable[[str], Path]):
    text = "[quotas]\nthreads = 100\nbytes = '1GiB'\n[quotas.projects.shop]\nthreads = 0\n"
    quotas = read({}, {}, folder=write(text)).quotas

    assert quotas.of("any") == Quota(threads=100, bytes=2**30)
    assert quotas.of("shop") == Quota(bytes=2**30)
    assert read({}, {}, folder=Path("nowhere")).quotas.of("any") is None
