"""Tools nobody knows, with random names and typed arguments, so that the model calls by the schema."""

from __future__ import annotations

from typing import Any

import numpy as np

from mm_agent.local.demo.looks import World
from mm_agent.local.demo.talk import Talk, to_json, vary
from mm_agent.local.demo.words import made_up, pick

TYPES = ("integer", "number", "string", "boolean", "array")
Tool = dict[str, Any]


def random_tool(rng: np.random.Generator) -> Tool:
    """A function's schema in OpenAI's form."""
    names = [
        pick(
            (
                "x",
                "y",
                "n",
                "a",
                "b",
                "name",
                "text",
                "count",
                "city",
                "value",
                "input",
                "query",
                made_up("en", rng),
            ),
            rng,
        )
        for _ in range(3)
    ]
    names = list(dict.fromkeys(names))[: int(rng.integers(1, 4))]
    properties = {name: _property(pick(TYPES, rng), rng) for name in names}
    name = "_".join(made_up("en", rng) for _ in range(rng.integers(1, 3)))
    if rng.random() < 0.4:
        name = pick(("get_", "set_", "add_", "find_", "magic_", "my_"), rng) + pick(
            ("weather", "price", "number", "function", "adder", name), rng
        )
    about = (
        pick(("Applies", "Looks up", "Computes", "Returns", "Finds", "Sends"), rng)
        + f" the {made_up('en', rng)} {made_up('en', rng)}."
    )
    parameters = {"properties": properties, "required": names, "type": "object"}
    return {"type": "function", "function": {"name": name, "description": about, "parameters": parameters}}


def _property(kind: str, rng: np.random.Generator) -> dict[str, Any]:
    about = {"description": f"The {made_up('en', rng)}."} if rng.random() < 0.5 else {}
    return about | ({"items": {"type": "string"}, "type": "array"} if kind == "array" else {"type": kind})


def use_tool(world: World, tools: list[Tool]) -> Talk:
    """A question that names a tool and its values; the answer tells what came back."""
    rng, talk = world.rng, Talk(world)
    function = pick(tools, rng)["function"]
    name, zh = function["name"], world.language == "zh"
    args = {key: _value(schema["type"], rng) for key, schema in function["parameters"]["properties"].items()}
    told = {key: _told(value) for key, value in args.items()}
    pairs = [
        f"{key} {pick(('=', '为', '是') if zh else ('=', 'is', 'as', ''), rng)} {value}"
        for key, value in told.items()
    ]
    joined = ("，" if zh else pick((", ", " and "), rng)).join(" ".join(pair.split()) for pair in pairs)
    values = ", ".join(told.values())
    english = (
        "[Use|Call|Run|Please call] [the tool|] {n} with {j}.",
        "What is [the value of|] {n}({v})? Use the tool.",
        "[What does|What would] {n} [return|say] for {v}?",
        "What is {n} of {v}?",
    )
    chinese = (
        "[用|调用|请调用]工具 {n}，{j}。",
        "{n}({v}) 的[值|结果]是[多少|什么]？请用工具。",
        "[用|调用] {n}，{j}，结果是什么？",
    )
    text = (
        vary(pick(chinese if zh else english, rng), rng)
        .replace("{n}", name)
        .replace("{j}", joined)
        .replace("{v}", values)
    )
    talk.ask(text)
    talk.call((name, args))
    result = _told(_value(pick(TYPES[:3], rng), rng))
    if world.chance(0.3):
        result = to_json({pick(("result", "value", "answer"), rng): result})
    talk.tell(result)
    talk.answer(f"{name} 返回：{result}" if zh else f"{name} returned: {result}")
    return talk


def _value(kind: str, rng: np.random.Generator) -> Any:
    if kind == "integer":
        return int(rng.integers(0, 10 ** int(rng.integers(1, 5))))
    if kind == "number":
        return round(float(rng.uniform(0, 100)), int(rng.integers(1, 3)))
    if kind == "boolean":
        return bool(rng.random() < 0.5)
    if kind == "array":
        return [made_up("en", rng) for _ in range(rng.integers(1, 4))]
    return made_up("zh" if rng.random() < 0.15 else "en", rng)


def _told(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value)
