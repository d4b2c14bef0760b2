"""``mm-agent doctor``."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest

from mm_agent.vision.checkpoints import ALIASES
from tests.cli.conftest import Run, document


def rows(report: dict, section: str) -> dict[str, dict]:
    return {row["name"]: row for row in report[section]}


def test_keys_are_reported_and_never_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-very-secret")
    for arguments in (["doctor"], ["doctor", "--json"]):
        result = run(*arguments)
        assert "sk-very-secret" not in result.output
    keys = rows(document(run("doctor", "--json")), "keys")
    assert keys["deepseek"]["works"] is True
    assert keys["openai"] == {
        "name": "openai",
        "works": False,
        "detail": "OPENAI_API_KEY is not set",
        "remedy": "export OPENAI_API_KEY=…",
        "essential": False,
    }


def test_keys_in_a_file_are_found_and_a_readable_one_is_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys.toml"
    path.write_text('DEEPSEEK_API_KEY = "sk-very-secret"\n')
    path.chmod(0o600)
    monkeypatch.setenv("MM_AGENT_LLM_KEYS_FILE", str(path))
    monkeypatch.setenv("MM_AGENT_LLM", "deepseek:deepseek-flash")
    report = document(run("doctor", "--json"))
    assert rows(report, "keys")["deepseek"]["detail"] == f"DEEPSEEK_API_KEY is set in {path}"
    assert rows(report, "settings")["llm"]["detail"] == "deepseek:deepseek-flash takes text"
    path.chmod(0o644)
    result = run("doctor", "--json")
    assert "sk-very-secret" not in result.output
    for section, name in (("keys", "deepseek"), ("settings", "llm")):
        row = rows(document(result), section)[name]
        assert (row["works"], row["detail"]) == (False, f"others can read the keys in {path}")
        assert row["remedy"] == f"chmod 600 {path}"


def test_every_missing_thing_says_how_to_get_it(run: Run) -> None:
    report = document(run("doctor", "--json"))
    sections = [
        value for value in report.values() if isinstance(value, list) and value and isinstance(value[0], dict)
    ]
    missing = [row for section in sections for row in section if not row["works"]]
    assert missing
    assert all(row["remedy"] for row in missing)


def test_kernels_checkpoints_and_device_are_named(run: Run) -> None:
    report = document(run("doctor", "--json", "--device", "cpu"))
    hardware = rows(report, "hardware")
    assert hardware["device"]["detail"].startswith("cpu")
    assert {"attention sdpa", "attention eager", "attention flash_attention_2"} <= set(hardware)
    assert set(rows(report, "models")) == {"photo", "photo tower", "demo", *ALIASES}


def test_a_missing_essential_is_exit_1_and_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    result = run("doctor", "--json")
    assert result.exit_code == 1
    report = document(result)
    assert "opencv" in report["broken"]
    assert "libgl1" in rows(report, "libraries")["opencv"]["remedy"]


def test_the_network_is_left_alone_unless_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def head(url: str, **_: object) -> httpx.Response:
        asked.append(url)
        raise httpx.ConnectError("no route")

    monkeypatch.setattr(httpx, "head", head)
    assert "network" not in document(run("doctor", "--json"))
    assert asked == []
    hub = rows(document(run("doctor", "--json", "--network")), "network")["hub"]
    assert hub["works"] is False
    assert "no route" in hub["detail"]
    assert "HF_ENDPOINT" in hub["remedy"]


def test_text_marks_what_works(run: Run) -> None:
    output = run("doctor").stdout
    assert "✓ python" in output
    assert "✗ openai" in output
    assert "→ export OPENAI_API_KEY=…" in output


def test_plug_ins_are_listed_with_what_is_wrong(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rows(document(run("doctor", "--json")), "plug-ins")["none"]["works"] is True
    info = tmp_path / "their_tools-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-tools\nVersion: 1.2\n")
    points = [
        "[mm_agent.tools]",
        "sound = pathlib:Path",
        "broken = absent_module:tool",
        "locate = pathlib:Path",
    ]
    (info / "entry_points.txt").write_text("\n".join(points))
    monkeypatch.syspath_prepend(str(tmp_path))
    result = run("doctor", "--json")
    found = rows(document(result), "plug-ins")
    assert result.exit_code == 0
    assert (found["sound"]["works"], found["sound"]["detail"]) == (True, "their-tools 1.2")
    assert found["broken"]["works"] is False
    assert "their-tools 1.2 absent_module:tool cannot be loaded" in found["broken"]["detail"]
    assert found["broken"]["remedy"] == "mend or uninstall it"
    assert "a built-in tool is named locate already" in found["locate"]["detail"]
