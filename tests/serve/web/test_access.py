"""Who is let in, and from where."""

from __future__ import annotations

from pathlib import Path

import pytest

from mm_agent.errors import SettingsError
from mm_agent.serve.web.access import VARIABLE, Access, read_access
from mm_agent.serve.web.server import listen


def private(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_without_secrets_anyone_may_come_but_only_from_this_machine() -> None:
    access = read_access(None, None)
    assert access.open
    with pytest.raises(SettingsError, match=r"without logging in; set MM_AGENT_WEB_TOKEN.*--users-file"):
        listen("0.0.0.0", 0, access=access)
    listen("127.0.0.1", 0, access=access).close()


def test_a_token_admits_whoever_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "0123456789abcdef")
    access = read_access(None, None)
    assert not access.open
    assert access.admits("", "0123456789abcdef")
    assert access.admits("anyone", "0123456789abcdef")
    assert not access.admits("", "0123456789abcdee")
    assert not access.admits("", "")
    assert "0123456789abcdef" not in repr(access)


def test_users_have_passwords_of_their_own(tmp_path: Path) -> None:
    access = read_access(
        None, private(tmp_path / "users", "# ours\nada:her:password\n\n玛丽:密码也可以很长的\n")
    )
    assert access.admits("ada", "her:password")
    assert access.admits("玛丽", "密码也可以很长的")
    assert not access.admits("ada", "密码也可以很长的")
    assert not access.admits("nobody", "")
    assert "password" not in repr(access)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ada\n", "line 1 of .* is not name:password"),
        ("ada:short\n", "the password of ada in .* has fewer than 8 characters"),
        ("# nobody\n", "there is no user in"),
    ],
)
def test_a_malformed_users_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_access(None, private(tmp_path / "users", text))


def test_a_file_others_can_read_is_refused(tmp_path: Path) -> None:
    file = private(tmp_path / "users", "ada:her-password\n")
    file.chmod(0o644)
    with pytest.raises(SettingsError, match=r"others can read the users file .*chmod 600"):
        read_access(None, file)


def test_no_secret_is_known_to_an_open_door() -> None:
    assert not Access().admits("", "")
