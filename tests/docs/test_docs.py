"""What can be listed is in the docs, what is made in them is current, and what they show works."""

import argparse
import ast
import importlib
import inspect
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from clew.app import cli, settings
from clew.app.kinds import _MODEL_KEYS
from clew.app.settings import SETTINGS
from clew.dialects.openai import errors, fields
from clew.dialects.openai.operations import OPERATIONS
from clew.dialects.openai.refusal import Refusal
from clew.domain import problem
from clew.domain.event import EventKind
from clew.domain.item import Kind
from clew.domain.project import Scope
from clew.domain.run import RunState

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = [README, ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def tool(name):
    """A script of `tools/`, which is no package."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / "tools"))


@pytest.fixture(scope="module")
def pages():
    yield tool("pages")
    sys.modules.pop("pages")


@pytest.fixture(scope="module")
def links():
    yield tool("docs")
    for name in ("docs", "hosts"):
        sys.modules.pop(name)


def page(name):
    return (DOCS / name).read_text()


def blocks(language):
    """Every block of the language, as `pytest.param(path, text)`."""
    return [
        pytest.param(text, id=f"{path.relative_to(ROOT).as_posix()}-{number}")
        for path in PAGES
        for number, (name, text) in enumerate(FENCE.findall(path.read_text()), start=1)
        if name == language
    ]


def commands(text):
    """Every command line of ours that the page shows, in a block or in a sentence."""
    inside = "".join(block for _, block in FENCE.findall(text))
    lines = re.findall(r"^(?:[A-Z_]+=\S+ )*(?:uv run )?(clew [a-z-].*?)(?:\s+#.*)?$", inside, re.MULTILINE)
    return lines + re.findall(r"`(?:uv run )?(clew [^`\n]+)`", FENCE.sub("", text))


def parsers(parser, words=("clew",)):
    """Every command of the real parser, with its words."""
    yield words, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, further in action.choices.items():
                yield from parsers(further, (*words, name))


def problems(kind=problem.Problem):
    return {kind.__name__}.union(*(problems(below) for below in kind.__subclasses__()))


def without(needed, text):
    """What is needed and not in the text as code."""
    return [one for one in needed if f"`{one}`" not in text]


class TestWhatCanBeListedIsThere:
    @pytest.mark.parametrize("path", [README, DOCS / "reference/settings.md"], ids=lambda path: path.name)
    def test_every_setting_with_each_of_its_names(self, path):
        names = [name for setting in SETTINGS for name in (setting.key, setting.flag, setting.env) if name]
        assert without(names, path.read_text()) == []

    def test_every_key_of_a_models_table(self):
        assert without(_MODEL_KEYS, page("guides/models.md")) == []

    def test_every_command_and_flag(self):
        text = page("reference/cli.md")
        for words, parser in parsers(cli._parser()):
            section = re.search(rf"^## {' '.join(words)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
            assert section, words
            shown = set(re.findall(r"--[\w-]+", section[1]))
            # A switch's way to say no is told on the page of settings.
            flags = {flag for action in parser._actions for flag in action.option_strings if flag.startswith("--")}
            assert flags - shown <= {"--no-open", "--no-strict-beta"}, words

    def test_every_switch_with_its_way_to_say_no(self):
        flags = {
            flag for _, parser in parsers(cli._parser()) for action in parser._actions for flag in action.option_strings
        }
        assert without([flag for flag in flags if flag.startswith("--no-")], page("reference/settings.md")) == []

    def test_every_kind_of_event(self):
        assert without(EventKind, page("reference/events.md")) == []

    def test_every_state_of_a_run(self):
        assert without(RunState, page("concepts/runs.md")) == []

    def test_every_kind_of_item(self):
        assert without(Kind, page("concepts/threads-and-items.md")) == []

    def test_every_scope(self):
        assert without(Scope, page("operating/running.md")) == []

    def test_every_operation_with_its_path_and_why_it_is_declined(self):
        text = page("dialects/openai.md")
        for one in OPERATIONS:
            line = re.search(rf"^\| `{one.name}` \| {one.method} \| `(\S+)` \| (.*) \|$", text, re.MULTILINE)
            assert line, one.name
            assert line[1].replace("}", "...}") if "...}" in one.path else line[1] == one.path
            assert one.why_not is None or one.why_not in line[2]
            assert one.extension == ("extension" in line[2])

    def test_every_class_of_problem(self):
        assert without(problems(), page("reference/errors.md")) == []

    def test_every_problem_that_is_raised_is_shown_in_openais_words(self, pages):
        roots = {"Problem", "Conflict"}  # never raised themselves
        assert {type(one).__name__ for one in pages.PROBLEMS} == problems() - roots

    def test_every_refusal_that_is_made_is_shown(self, pages):
        made = {
            name
            for name, function in inspect.getmembers(errors, inspect.isfunction)
            if function.__module__ == errors.__name__
            and not name.startswith("_")
            and inspect.signature(function, eval_str=True).return_annotation is Refusal
        }
        # Words for what nothing refuses yet.
        waiting = {"refusal_of", "model_refused", "unsupported_file"}
        assert set(pages.REFUSALS) == made - waiting

    def test_every_code_of_a_field_that_is_wrong(self):
        codes = set(re.findall(r'Fault\(\s*"(\w+)"', inspect.getsource(fields)))
        assert len(codes) > 5
        assert without(codes, page("reference/errors.md")) == []

    def test_every_page_is_on_the_map(self, links):
        index = DOCS / "index.md"
        named = {(DOCS / target.partition("#")[0]).resolve() for target in links.LINK.findall(index.read_text())}
        assert set(DOCS.rglob("*.md")) - named - {index} == set()


class TestMadeParts:
    def test_they_are_current(self, pages):
        assert [path.name for path in pages.stale(ROOT)] == [], "`uv run just pages` makes them so"

    def test_each_is_used(self, pages):
        used = {name for path in pages.pages(ROOT) for name in pages.PART.findall(path.read_text())}
        assert used == set(pages.MADE)

    def test_a_part_is_filled_and_then_stays(self, pages):
        once = pages.filled("Before\n\n<!-- made: run-states -->\nold\n<!-- end -->\n\nAfter\n")
        assert "| `queued` |" in once
        assert "old" not in once
        assert pages.filled(once) == once

    def test_a_name_that_nothing_makes_is_a_fault(self, pages):
        with pytest.raises(KeyError, match="nonsense"):
            pages.filled("<!-- made: nonsense -->\n<!-- end -->\n")

    def test_a_check_finds_a_stale_page_and_leaves_it_alone(self, pages, tmp_path, capsys):
        stale = "<!-- made: run-states -->\n<!-- end -->\n"
        (tmp_path / "README.md").write_text(stale)
        assert pages.main(["--check"], tmp_path) == 1
        assert "README.md is not current" in capsys.readouterr().out
        assert (tmp_path / "README.md").read_text() == stale

    def test_filling_mends_what_a_check_found(self, pages, tmp_path):
        (tmp_path / "README.md").write_text("<!-- made: run-states -->\n<!-- end -->\n")
        assert pages.main([], tmp_path) == 0
        assert pages.main(["--check"], tmp_path) == 0


class TestWhatIsShownWorks:
    @pytest.mark.parametrize("text", blocks("python"))
    def test_python_compiles(self, text):
        compile(text, "page", "exec", flags=ast.PyCF_ONLY_AST)

    @pytest.mark.parametrize("text", blocks("toml"))
    def test_settings_files_are_read(self, text, tmp_path):
        (tmp_path / "clew.toml").write_text(text)
        assert settings.read({}, {}, folder=tmp_path) != settings.read({}, {}, folder=tmp_path / "without")

    @pytest.mark.parametrize("line", sorted({line for path in PAGES for line in commands(path.read_text())}))
    def test_command_lines_are_understood(self, line):
        assert cli._parser().parse_args(shlex.split(line)[1:]).command

    @pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
    def test_links_lead_somewhere(self, links, path):
        assert links.broken(path, path.read_text()) == []


@pytest.fixture
def printed(server):
    """Runs an example as a user would, in the environment that `clew serve` tells to set; gives what it prints."""

    def run(example):
        environment = {**os.environ, "OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "any"}
        command = [sys.executable, "-c", example]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.splitlines()

    return run


def examples(path):
    return [text for name, text in FENCE.findall(path.read_text()) if name == "python"]


class TestExamplesRunUntouched:
    def test_the_readmes_prints_a_conversation(self, printed, model):
        example, _ = examples(README)  # the other is run in clients/yandex/test_examples.py
        model.say("For reading.")
        assert printed(example) == ["user: What is a library for?", "assistant: For reading."]

    def test_the_first_ten_minutes_stream_an_answer(self, printed, model):
        model.say("For reading.")
        assert printed(examples(DOCS / "start.md")[0]) == ["For reading."]

    def test_the_first_ten_minutes_answer_a_function_call(self, printed, model):
        model.call(("opening_hours", {"day": "Monday"}))
        model.say("From nine to six.")
        asked, ended = printed(examples(DOCS / "start.md")[1])
        assert "opening_hours" in asked
        assert ended.startswith("completed")

    def test_the_list_of_threads_is_narrowed(self, printed, client):
        thread = client.beta.threads.create(metadata={"reader": "ada"})
        client.beta.threads.create(metadata={"reader": "eve"})
        [line] = printed(examples(DOCS / "guides/move-from-openai.md")[1])
        assert line.startswith(thread.id)

    def test_a_run_is_read_again(self, printed, client, model):
        model.say("For reading.")
        assistant = client.beta.assistants.create(model="m")
        run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread={}, poll_interval_ms=1)
        example = examples(DOCS / "guides/move-from-openai.md")[2]
        lines = printed(example.replace("thread_...", run.thread_id).replace("run_...", run.id))
        assert (lines[0], lines[-1]) == ("thread.run.created", "thread.run.completed")
