"""A tool nobody knows, called by its schema: a real function behind a random name."""

from __future__ import annotations

import json
import zlib
from typing import Any

from langchain_core.tools import StructuredTool

from mm_agent.local.demo.exam import truth
from mm_agent.local.demo.exam.case import Case, Draw
from mm_agent.local.demo.generic import random_tool
from mm_agent.local.demo.words import made_up, pick


def checksum(**args: Any) -> str:
    """Five digits that depend on every argument."""
    return str(10_000 + zlib.crc32(json.dumps(args, sort_keys=True).encode()) % 90_000)


def _tool(draw: Draw) -> Case:
    function = random_tool(draw.rng)["function"]
    schema = function["parameters"]
    args = {key: _value(draw, entry["type"]) for key, entry in schema["properties"].items()}
    tool = StructuredTool.from_function(
        checksum, name=function["name"], description=function["description"], args_schema=schema
    )
    joint = pick(("，",) if draw.language == "zh" else (", ", " and "), draw.rng)
    pairs = joint.join(f"{key} = {_told(value)}" for key, value in args.items())
    question = draw.ask("tool", n=function["name"], j=pairs)
    return draw.case([], [question], [(function["name"], args)], truth.told(checksum(**args)), tool=tool)


def _value(draw: Draw, kind: str) -> Any:
    rng = draw.rng
    match kind:
        case "integer":
            return int(rng.integers(0, 10 ** int(rng.integers(1, 5))))
        case "number":
            return round(float(rng.uniform(0.1, 100)), 1)
        case "boolean":
            return bool(rng.random() < 0.5)
        case "array":
            return [made_up("en", rng) for _ in range(rng.integers(1, 4))]
        case _:
            return made_up("en", rng)


def _told(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


MAKERS = {"unknown tool": _tool}
