"""Settings: precedence, profiles, the TOML file, and errors that fit on a line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mm_agent.errors import SettingsError
from mm_agent.media.policy import MediaPolicy
from mm_agent.settings import Settings, config_file, load_settings


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_starts_with_what_needs_no_network_and_no_key() -> None:
    settings = load_settings()
    assert (settings.profile, settings.vision, settings.llm) == ("demo", "photo", "offline")
    assert settings.cache_dir is None


def test_arguments_win_over_variables_and_variables_over_the_file(
    in_empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (in_empty_folder / "mm-agent.toml").write_text('vision = "file"\ndevice = "file"\ndtype = "file"\n')
    monkeypatch.setenv("MM_AGENT_DEVICE", "variable")
    monkeypatch.setenv("MM_AGENT_DTYPE", "variable")
    settings = load_settings({"dtype": "argument"})
    assert (settings.vision, settings.device, settings.dtype) == ("file", "variable", "argument")


def test_a_profile_sets_defaults_that_anything_explicit_overrides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MM_AGENT_PROFILE", "api")
    monkeypatch.setenv("MM_AGENT_LLM", "openai:gpt-5")
    settings = load_settings()
    assert settings.vision == "siglip2-so400m"
    assert settings.llm == "openai:gpt-5"


def test_the_user_file_is_read_when_the_folder_has_none() -> None:
    path = Path(os.environ["XDG_CONFIG_HOME"]) / "mm-agent" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('language = "zh"\n')
    assert config_file() == path
    assert load_settings().language == "zh"
    Path("mm-agent.toml").write_text('language = "en"\n')
    assert load_settings().language == "en"


def test_a_named_file_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MM_AGENT_CONFIG", "nowhere.toml")
    with pytest.raises(SettingsError, match=r"nowhere\.toml, which is not a file; mend or unset"):
        load_settings()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("visoin = 'demo'", "unknown setting 'visoin' in mm-agent.toml; known: profile, vision"),
        ("language = 'fr'", r"setting language \(MM_AGENT_LANGUAGE\): got 'fr'"),
        (
            "max_image_bytes = 0",
            r"setting max_image_bytes \(MM_AGENT_MAX_IMAGE_BYTES\): got 0.*greater than or equal to 1",
        ),
        ("vision = ", "mm-agent.toml is not valid TOML"),
    ],
)
def test_a_bad_file_is_one_line_that_names_the_culprit(content: str, message: str) -> None:
    Path("mm-agent.toml").write_text(content)
    with pytest.raises(SettingsError, match=message) as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_media_roots_are_a_path_list_in_the_variable_and_an_array_in_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("mm-agent.toml").write_text('media_roots = ["~/pictures"]\n')
    assert load_settings().media_roots == [Path.home() / "pictures"]
    monkeypatch.setenv("MM_AGENT_MEDIA_ROOTS", os.pathsep.join(["/a", "/b"]))
    assert load_settings().media_roots == [Path("/a"), Path("/b")]


def test_the_media_policy_carries_every_limit(in_empty_folder: Path) -> None:
    policy = Settings(
        media_roots=[Path("pictures")],
        allow_urls=False,
        max_image_bytes=10,
        max_image_pixels=20,
        max_video_bytes=30,
        max_video_seconds=40,
        video_timeout_s=50,
        url_timeout_s=3,
    ).media_policy()
    assert policy.roots == (in_empty_folder.resolve() / "pictures",)
    assert (policy.urls, policy.max_bytes, policy.max_pixels, policy.timeout_s) == (False, 10, 20, 3.0)
    assert (policy.max_video_bytes, policy.max_video_seconds, policy.video_timeout_s) == (30, 40.0, 50.0)
    assert Settings().media_policy() == MediaPolicy()


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())
