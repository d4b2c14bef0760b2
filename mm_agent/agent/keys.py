"""Keys of providers: from the environment, else from one private file; never in a message or a trace."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from mm_agent.errors import LLMSpecError

if TYPE_CHECKING:
    from mm_agent.agent.llm import LLMSpec


def read_key(spec: LLMSpec, *, keys_file: Path | None = None) -> SecretStr | None:
    """The key of a spec's provider, or None when there is none and it can do without.

    Args:
        spec: Whose key.
        keys_file: The private file; None: ``mm-agent/keys.toml`` in the user's configuration folder.

    Raises:
        LLMSpecError: The key is needed and nowhere, or the file cannot be used.
    """
    if spec.key_variable is None:
        return None
    found, _ = find_key(spec.key_variable, keys_file=keys_file)
    if found is None and spec.needs_key:
        path = keys_file or default_keys_file()
        raise LLMSpecError(
            f"{spec} needs a key: set {spec.key_variable}, or write it into {path}, or use --llm offline"
        )
    return found


def find_key(variable: str, *, keys_file: Path | None = None) -> tuple[SecretStr | None, str]:
    """A key by its variable's name, and where it was found: the environment wins over the file.

    Raises:
        LLMSpecError: A file that was named is not there, others can read it, or it is not TOML.
    """
    value = os.environ.get(variable, "").strip()
    if value:
        return SecretStr(value), "environment"
    path = keys_file or default_keys_file()
    if keys_file is None and not path.is_file():
        return None, ""
    value = _keys_in(path).get(variable, "").strip()
    return (SecretStr(value), str(path)) if value else (None, "")


def default_keys_file() -> Path:
    """Where the keys file is looked for when no setting names one."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    return home / "mm-agent" / "keys.toml"


def _keys_in(path: Path) -> dict[str, str]:
    """The keys of a file, by variable; no message quotes what is in it."""
    try:
        mode = path.stat().st_mode
        if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
            raise LLMSpecError(f"others can read the keys in {path}; run: chmod 600 {path}")
        keys = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LLMSpecError(
            f"cannot read the keys file {path}: {error.strerror}; check llm_keys_file"
        ) from error
    except ValueError:  # not TOML, or not UTF-8
        raise LLMSpecError(f'{path} is not valid TOML; write lines such as DEEPSEEK_API_KEY = "…"') from None
    return {name: value for name, value in keys.items() if isinstance(value, str)}
