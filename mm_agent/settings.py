"""Settings: ``MM_AGENT_*`` variables over a TOML file over a profile's defaults.

The TOML file is the one ``MM_AGENT_CONFIG`` names, else ``mm-agent.toml`` in the working folder, else
``mm-agent/config.toml`` in the user's configuration folder. Only the first one found is read.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from mm_agent.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mm_agent.media.policy import MediaPolicy

Profile = Literal["demo", "local", "api"]
Projection = Literal["text", "soft", "both"]
"""How pictures reach the chat model: as the tools' words, as soft tokens, or both ways."""

# What a profile stands for; anything set explicitly wins over it.
PROFILES: dict[str, dict[str, str]] = {
    "demo": {"vision": "photo", "llm": "offline"},
    "local": {"vision": "siglip2-base", "llm": "ollama:qwen3"},
    "api": {"vision": "siglip2-so400m", "llm": "deepseek:deepseek-flash"},
}


class ModelCan(BaseModel):
    """What a person says a chat model can do; None: what is known about it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: bool | None = Field(default=None, description="Takes pictures.")
    tools: bool | None = Field(default=None, description="Calls tools.")
    reasoning: bool | None = Field(default=None, description="Thinks before it answers.")
    context: int | None = Field(default=None, ge=1, description="Its context window, in tokens.")


class Settings(BaseSettings):
    """Everything a person can set once instead of on every command line."""

    model_config = SettingsConfigDict(env_prefix="MM_AGENT_", extra="forbid", frozen=True)

    profile: Profile = Field(
        default="demo",
        description="Where `vision` and `llm` start: demo (shipped weights, offline planner), "
        "local (SigLIP 2, Qwen on Ollama) or api (SigLIP 2, DeepSeek).",
    )
    vision: str = Field(
        default="photo", description="Vision checkpoint: photo, demo, an alias, hub:owner/name or a folder."
    )
    llm: str = Field(
        default="offline",
        description="Chat model: offline, a URL#MODEL, or deepseek:, qwen:, openai:, ollama:, tongyi: or "
        "local:MODEL.",
    )
    llm_fallback: str | None = Field(
        default=None, description="Chat model that is asked when `llm` cannot be reached or fails; none: off."
    )
    llm_timeout_s: float = Field(
        default=120.0,
        gt=0,
        description="Longest silence of a chat model before it counts as gone, in seconds.",
    )
    llm_retries: int = Field(
        default=2, ge=0, description="How often a chat model is asked again after a failure that may pass."
    )
    llm_max_calls: int = Field(default=8, ge=1, description="Most calls of the chat model for one question.")
    llm_max_tokens: int | None = Field(
        default=None, ge=1, description="Most tokens, in and out, one question may use; none: no limit."
    )
    llm_capabilities: dict[str, ModelCan] = Field(
        default={},
        description="What chat models can do, by spec (* allowed), where you know better: images, tools, "
        "reasoning, context; JSON in the variable.",
    )
    llm_prices: Path | None = Field(
        default=None, description="TOML file of prices over the shipped ones; none: those alone."
    )
    llm_keys_file: Path | None = Field(
        default=None,
        description="Private TOML file of keys; none: mm-agent/keys.toml beside the user's file.",
    )
    device: str = Field(default="auto", description="Where the encoder runs: auto, cpu, cuda, cuda:1 or mps.")
    dtype: str = Field(
        default="auto", description="Number format of the encoder: auto, float32, bfloat16 or float16."
    )
    attn: str = Field(
        default="auto", description="Attention kernel: auto, sdpa, eager or flash_attention_2/3/4."
    )
    language: Literal["auto", "en", "zh"] = Field(
        default="auto", description="Language of answers; auto follows the question."
    )
    show_pictures: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="Whether the chat model gets the pictures too, not only the tools' words; "
        "auto: if it is known to take images.",
    )
    projection: Projection = Field(
        default="text",
        description="How pictures reach the chat model: text (what the tools say), soft (soft tokens alone, "
        "no tools) or both; soft and both need `projector`.",
    )
    projector: Path | None = Field(
        default=None,
        description="Projector that makes soft tokens for `llm`, which is local:MODEL or a vLLM server's "
        "address: its folder, or demo for local:demo.",
    )
    head: Path | None = Field(
        default=None,
        description="Folder of a domain head (`mm-agent finetune classify` makes one) that becomes the tool "
        "classify_domain; none: off.",
    )
    memory: str | None = Field(
        default=None,
        description="Where conversations are kept: a SQLite file, a postgresql:// URL or off; "
        "none: conversations.sqlite in the user's data folder.",
    )
    memory_media_bytes: int = Field(
        default=2 * 2**30, ge=0, description="Room for the media of kept conversations, in bytes."
    )
    media_roots: Annotated[list[Path], NoDecode] = Field(
        default=[],
        description="Folders pictures may be read from; a path list in the variable; empty: anywhere.",
    )
    allow_urls: bool = Field(
        default=True, description="Whether pictures may be fetched from public http(s) addresses."
    )
    max_image_bytes: int = Field(default=64 * 2**20, ge=1, description="Largest picture file, in bytes.")
    max_image_pixels: int = Field(
        default=64_000_000, ge=1, description="Largest picture, or frame of a video, in pixels."
    )
    max_video_bytes: int = Field(default=4 * 2**30, ge=1, description="Largest video file, in bytes.")
    max_video_seconds: float = Field(default=4 * 3600.0, gt=0, description="Longest video, in seconds.")
    video_timeout_s: float = Field(
        default=1800.0, gt=0, description="Longest time to decode for one look at a video, in seconds."
    )
    url_timeout_s: float = Field(default=20.0, gt=0, description="Longest time for one download, in seconds.")
    cache_dir: Path | None = Field(
        default=None,
        description="Folder that keeps features of images and of the vocabulary between runs; none: off.",
    )

    @model_validator(mode="before")
    @classmethod
    def _start_from_profile(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {**PROFILES.get(str(values.get("profile", "demo")), {}), **values}

    @field_validator("media_roots", mode="before")
    @classmethod
    def _split_folders(cls, value: Any) -> Any:
        return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value

    @field_validator(
        "media_roots", "cache_dir", "llm_prices", "llm_keys_file", "projector", "head", mode="after"
    )
    @classmethod
    def _expand_home(cls, value: Any) -> Any:
        if isinstance(value, list):
            return [path.expanduser() for path in value]
        return value.expanduser() if value is not None else None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of precedence: arguments, variables, the TOML file."""
        path = config_file()
        toml = (TomlConfigSettingsSource(settings_cls, path),) if path else ()
        return (init_settings, env_settings, *toml)

    def said_about_models(self) -> dict[str, dict[str, Any]]:
        """What a person says chat models can do, by spec; only what they said."""
        return {spec: can.model_dump(exclude_none=True) for spec, can in self.llm_capabilities.items()}

    def media_policy(self) -> MediaPolicy:
        """The media policy these settings stand for: what a person at the keyboard may open."""
        from mm_agent.media.policy import MediaPolicy

        return MediaPolicy(
            roots=tuple(self.media_roots) or None,
            urls=self.allow_urls,
            max_bytes=self.max_image_bytes,
            max_pixels=self.max_image_pixels,
            max_video_bytes=self.max_video_bytes,
            max_video_seconds=self.max_video_seconds,
            video_timeout_s=self.video_timeout_s,
            timeout_s=self.url_timeout_s,
        )


def config_file() -> Path | None:
    """The TOML file in force, or None.

    Raises:
        SettingsError: ``MM_AGENT_CONFIG`` names a file that is not there.
    """
    named = os.environ.get("MM_AGENT_CONFIG")
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise SettingsError(
                f"MM_AGENT_CONFIG names {named}, which is not a file; mend or unset the variable"
            )
        return path
    home = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    candidates = (Path("mm-agent.toml"), home / "mm-agent" / "config.toml")
    return next((path for path in candidates if path.is_file()), None)


def load_settings(overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings; ``overrides`` (for example command-line options) win over every file and variable.

    Raises:
        SettingsError: a value that does not fit, an unknown name or an unreadable file, in one line.
    """
    try:
        return Settings(**(overrides or {}))
    except ValidationError as error:
        raise SettingsError(_one_line(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{config_file()} is not valid TOML: {error}; mend the file") from error


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown setting {name!r} in {config_file()}; known: {', '.join(Settings.model_fields)}"
    how = Settings.model_fields[name.split(".")[0]].description if name else ""
    return f"setting {name} (MM_AGENT_{name.upper()}): got {first['input']!r}: {first['msg']}. {how}".strip()
