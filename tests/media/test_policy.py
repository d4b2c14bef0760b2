from pathlib import Path

import pytest

from mm_agent.errors import SettingsError
from mm_agent.media.policy import MediaPolicy


def test_untrusted_reads_no_files_and_no_private_hosts():
    policy = MediaPolicy.untrusted()
    assert policy.roots == ()
    assert not policy.private_hosts


def test_private_hosts_are_off_by_default():
    assert not MediaPolicy().private_hosts


def test_roots_are_resolved_once(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert MediaPolicy(roots=(tmp_path / "link",)).roots == ((tmp_path / "real").resolve(),)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_bytes": 0},
        {"max_pixels": 0},
        {"max_redirects": -1},
        {"max_video_bytes": 0},
        {"max_video_seconds": 0.0},
        {"video_timeout_s": -1.0},
        {"timeout_s": 0.0},
        {"timeout_s": float("nan")},
    ],
)
def test_senseless_limits_name_the_setting(wrong: dict):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        MediaPolicy(**wrong)
