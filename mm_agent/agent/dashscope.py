"""DashScope's addresses: a shared host per region, or a host per workspace.

Source: Alibaba Cloud Model Studio, "Base URL overview" (help.aliyun.com/en/model-studio/base-url, October
2026), which recommends the workspace hosts; Frankfurt and Tokyo are reached through them alone.
"""

from __future__ import annotations

import re

from mm_agent.errors import LLMSpecError

SHARED_HOSTS = {
    "cn": "dashscope.aliyuncs.com",
    "intl": "dashscope-intl.aliyuncs.com",
    "us": "dashscope-us.aliyuncs.com",
    "hk": "cn-hongkong.dashscope.aliyuncs.com",
}
# Known in October 2026; only the shape of a region is checked, so that new ones need no new version.
REGIONS = ("cn-beijing", "ap-southeast-1", "us-east-1", "cn-hongkong", "eu-central-1", "ap-northeast-1")

_WORKSPACE = re.compile(
    r"(?P<workspace>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.(?P<region>[a-z]{2}-[a-z]+(?:-\d+)?)"
)


def host_of(place: str) -> str:
    """The host of a place: ``cn``, ``intl``, ``us``, ``hk`` or ``WORKSPACE.REGION``.

    Raises:
        LLMSpecError: The place is none of these.
    """
    if place in SHARED_HOSTS:
        return SHARED_HOSTS[place]
    if _WORKSPACE.fullmatch(place):
        return f"{place}.maas.aliyuncs.com"
    raise LLMSpecError(
        f"unknown DashScope place '{place}'; use {', '.join(SHARED_HOSTS)} or WORKSPACE.REGION, "
        f"with a region such as {', '.join(REGIONS[:3])}"
    )
