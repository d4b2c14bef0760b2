"""``mm-agent chat``: questions, evidence, conversations."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from rich.console import Console

from mm_agent.agent.answer import Answer, TextDelta, ToolFinished, ToolStarted, ToolUse
from mm_agent.cli.commands import COMMANDS
from mm_agent.cli.line_editor import ChatCompleter
from mm_agent.cli.transcript import Transcript
from tests.agent.chat_server import Reply, chat_server
from tests.cli.conftest import Run, document


def test_a_question_is_answered_with_tool_call_and_evidence(run: Run) -> None:
    result = run("chat", "red.png", "-q", "How many cats are there?")
    assert result.exit_code == 0, result.output
    first, *_, last = [line for line in result.stdout.splitlines() if line]
    assert first.startswith("→ count_objects(image='img-1'")
    assert "img-1" in last
    assert "offline planner" in result.stderr
    assert "--llm deepseek:deepseek-flash" in result.stderr


def test_json_holds_the_answer_and_everything_behind_it(run: Run) -> None:
    result = run("chat", "red.png", "-q", "图里有几只猫？", "--json")
    assert result.exit_code == 0, result.output
    found = document(result)
    assert found["question"] == "图里有几只猫？"
    assert any("\u4e00" <= letter <= "\u9fff" for letter in found["answer"])
    assert [use["name"] for use in found["tool_calls"]] == ["count_objects"]
    assert found["evidence"][0]["handle"] == "img-1"
    assert found["images"][0]["name"] == "red.png"
    assert (found["llm"], found["notice"]) == ("offline", None)
    assert found["usage"]["tool_calls"] == 1
    assert result.stderr == ""


def test_a_bad_picture_among_several_is_left_out(run: Run) -> None:
    result = run("chat", "red.png", "broken.png", "-q", "How many cats are there?", "--json")
    assert result.exit_code == 1
    found = document(result)
    assert [image["name"] for image in found["images"]] == ["red.png"]
    assert found["rejected"][0]["image"] == "broken.png"
    assert found["answer"]


def test_a_conversation_goes_on_after_an_error_and_ends_with_the_input(run: Run) -> None:
    lines = [
        "/add nowhere.png",
        "/add red.png",
        "/frobnicate",
        "",
        "How many cats are there?",
        "/quit",
        "never read",
    ]
    result = run("chat", input="\n".join(lines))
    assert result.exit_code == 0, result.output
    assert result.stdout.count("→ count_objects") == 1
    assert "error: " in result.stderr
    assert "nowhere.png" in result.stderr
    assert "img-1: red.png, 120 × 80" in result.stderr
    assert "no command /frobnicate" in result.stderr


def test_several_files_are_added_at_once_with_add_or_without(run: Run, here: Path) -> None:
    (here / "red.png").rename(here / "my red.png")
    (here / "sub").mkdir()
    lines = [
        "/add 'my red.png' green.png",
        "/add my red.png",
        f"./blue.png 'file://{here}/my%20red.png'",
        "/media",
        "/save nowhere/talk.md",
        "/save",
    ]
    result = run("chat", input="\n".join(lines))
    assert result.exit_code == 0, result.output
    listed = [line.split(",")[0] for line in result.stdout.splitlines()]
    assert listed == ["img-1  my red.png", "img-2  green.png", "img-3  blue.png"]
    assert "there is no folder nowhere" in result.stderr
    assert "/save FILE: write" in result.stderr


def test_the_notice_of_the_weights_is_said_once_a_turn_and_not_where_nothing_was_looked_at(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MM_AGENT_VISION", "demo")
    question, cats = "How many cats are there?", root / "examples/two-cats.png"
    result = run("chat", input=f"{question}\n/add {cats}\n{question}\n{question}\n")
    assert result.exit_code == 0, result.output
    silent, first, second = re.split(r"(?=→ )", result.stdout)
    assert ["not photos" in part for part in (silent, first, second)] == [False, True, True]
    assert second.count("not photos") == 1  # in the tool's words


def test_completion_goes_into_folders(here: Path) -> None:
    (here / "pictures").mkdir()
    (here / "pictures" / "cat.png").touch()

    def completed(text: str) -> set[str]:
        found = ChatCompleter(COMMANDS).get_completions(Document(text), CompleteEvent())
        return {text[: len(text) + each.start_position] + each.text for each in found}

    assert completed("/ad") == {"/add"}
    assert completed("/add pict") == {"/add pictures/"}
    assert completed("/add pictures/") == {"/add pictures/cat.png"}
    assert completed("./pict") == {"./pictures/"}
    assert completed(str(here / "pict")) == {f"{here}/pictures/"}
    assert completed("pict") == completed("") == set()


def test_the_conversation_remembers_and_speaks_both_languages(run: Run) -> None:
    result = run("chat", "red.png", input="How many cats are there?\n图里有几只狗？\n")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("→ count_objects") == 2


def test_a_transcript_cannot_control_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    use = ToolUse("locate", {"query": "x" * 200}, "first\nsecond \x1b[2J", None, 0.1)
    with path.open("w", encoding="utf-8") as file:
        transcript = Transcript(Console(file=file, soft_wrap=True))
        transcript(ToolStarted("1", use.name, use.args))
        transcript(ToolFinished("1", use))
        transcript(TextDelta("[bold]hello[/bold] \x1b]0;title\x07"))
        transcript.end(Answer("hello"), notice="stickers only")
    text = path.read_text(encoding="utf-8")
    assert "\x1b" not in text
    lines = text.splitlines()
    assert lines[0].startswith("→ locate(query='xxx")
    assert len(lines[0]) < 110
    assert lines[1:3] == ["  first", "  second [2J"]
    assert lines[3].startswith("[bold]hello[/bold]")
    assert lines[-1] == "stickers only"


@pytest.mark.parametrize(
    ("model", "setting", "sent"),
    [("qwen3-vl", None, 1), ("qwen3-vl", "never", 0), ("tiny", None, 0), ("tiny", "always", 1)],
)
def test_pictures_go_to_models_that_see_and_it_is_said(
    run: Run, monkeypatch: pytest.MonkeyPatch, model: str, setting: str | None, sent: int
) -> None:
    if setting:
        monkeypatch.setenv("MM_AGENT_SHOW_PICTURES", setting)
    with chat_server(Reply(pieces=("Red.",))) as server:
        llm = server.spec.replace("#tiny", f"#{model}")
        result = run("chat", "red.png", "-q", "What is this?", "--llm", llm)
    assert result.exit_code == 0, result.output
    assert json.dumps(server.requests).count("data:image/") == sent
    assert result.stderr.count("gets the pictures themselves") == sent


def test_time_to_the_first_word_and_tokens_are_told(run: Run) -> None:
    with chat_server(*[Reply(pieces=("Red.",))] * 3) as server:
        talk = run("chat", "red.png", "--llm", server.spec, input="What is this?\nSure?\n")
        asked = run("chat", "red.png", "--llm", server.spec, "-q", "What is this?", "--json")
    each, total = "11 tokens in, 7 out", "in all: 2 model calls, 22 tokens in, 14 out, cost unknown"
    assert re.findall(r"^[\d.]+ s, first word after [\d.]+ s, (.*)$", talk.stderr, re.MULTILINE) == [each] * 2
    assert talk.stderr.splitlines()[-1] == total
    usage = document(asked)["usage"]
    assert (usage["input_tokens"], usage["output_tokens"], usage["cost"]) == (11, 7, None)
    assert 0 < usage["first_text_seconds"] <= usage["seconds"]
