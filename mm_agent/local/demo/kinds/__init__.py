"""The kinds of questions a training dialogue asks: call, read the tool's text, answer in one fixed wording.

Every answer's words and numbers stand in the tool's text, so that the model only has to find and copy them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mm_agent.local.demo.kinds.across import compare, each
from mm_agent.local.demo.kinds.files import features, maps
from mm_agent.local.demo.kinds.pictures import colour, count, fits, there, what, which
from mm_agent.local.demo.kinds.places import box, where
from mm_agent.local.demo.kinds.trouble import chat, mended, no_media, unknown, wrong_kind
from mm_agent.local.demo.kinds.videos import frames, happens, when
from mm_agent.local.demo.talk import Talk

__all__ = ["PICTURE_KINDS", "VIDEO_KINDS", "Kind", "chat", "mended", "no_media", "unknown"]

Kind = Callable[[Talk, Any], None]
PICTURE_KINDS: dict[Kind, tuple[float, frozenset[str]]] = {
    count: (3.0, frozenset({"count_objects"})),
    what: (1.8, frozenset({"classify_image"})),
    there: (2.4, frozenset({"classify_image"})),
    colour: (1.2, frozenset({"inspect_region"})),
    where: (1.8, frozenset({"locate", "inspect_region"})),
    box: (0.6, frozenset({"inspect_region", "count_objects"})),
    which: (2.0, frozenset({"classify_image"})),
    fits: (1.8, frozenset({"match_text"})),
    compare: (1.1, frozenset({"compare_images", "classify_image"})),
    each: (0.8, frozenset({"count_objects"})),
    features: (0.7, frozenset({"extract_features"})),
    maps: (1.0, frozenset({"summarise_feature_map"})),
    unknown: (0.5, frozenset({"count_objects"})),
    mended: (0.3, frozenset({"count_objects"})),
    wrong_kind: (0.2, frozenset({"find_moments", "classify_image"})),
}
VIDEO_KINDS: dict[Kind, tuple[float, frozenset[str]]] = {
    happens: (1.0, frozenset({"describe_video"})),
    when: (1.4, frozenset({"find_moments"})),
    frames: (0.7, frozenset({"sample_frames"})),
}
