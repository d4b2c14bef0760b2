"""The generated dialogues are what the agent says and reads in use, and no exam thing is in them."""

from __future__ import annotations

import json
from importlib.resources import files

import numpy as np
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import TypeAdapter

from mm_agent.agent.middleware.language import system_prompt
from mm_agent.local.demo.dialogues import make_group, make_talk
from mm_agent.local.demo.prompts import agent_tools, system_text
from mm_agent.local.demo.talk import Talk, turn_text
from mm_agent.local.demo.words import held_out, known_nouns
from mm_agent.media import MediaStore
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.vocabulary import concepts
from mm_agent_tools import SiglipToolkit


def talks(count: int, seed: int = 3) -> list[Talk]:
    rng = np.random.default_rng(seed)
    return [make_talk(rng, language) for language in ("en", "zh") for _ in range(count)]


def test_the_text_is_the_chat_templates() -> None:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    rendered = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    rendered.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    template = rendered.from_string(
        files("mm_agent.local").joinpath("chat_template.jinja").read_text(encoding="utf-8")
    )
    system = system_prompt("en")
    for talk in talks(20):
        messages = [{"role": "system", "content": system}, *(turn.message for turn in talk.turns)]
        told = template.render(messages=messages, tools=list(agent_tools()), add_generation_prompt=False)
        made = system_text(system, agent_tools()) + "".join(text for text, _ in turn_text(talk.turns))
        assert made == told


def test_calls_fit_the_tools_schemas() -> None:
    kit = SiglipToolkit(encoder=SiglipEncoder.from_pretrained("demo"), store=MediaStore())
    tools = {tool.name: tool for tool in kit.get_tools()}
    assert [convert_to_openai_tool(tool) for tool in tools.values()][: len(agent_tools())] == [*agent_tools()]
    for talk in talks(60):
        for turn in talk.turns:
            for call in turn.message.get("tool_calls", ()) if turn.learn else ():
                schema = tools[call["function"]["name"]].get_input_schema()
                TypeAdapter(schema).validate_python(call["function"]["arguments"])


def test_the_model_learns_its_own_words_only() -> None:
    for talk in talks(30):
        assert all(turn.message["role"] == "assistant" for turn in talk.turns if turn.learn)
        assert talk.turns[-1].learn


def test_every_score_of_an_answer_was_read() -> None:
    import re

    for talk in talks(60):
        read = " ".join(turn.message["content"] for turn in talk.turns if turn.message["role"] == "tool")
        for turn in talk.turns:
            if turn.learn and not turn.message.get("tool_calls"):
                assert all(number in read for number in re.findall(r"\d\.\d+", turn.message["content"]))


def test_exam_things_are_in_no_dialogue() -> None:
    kept = [concept for concept in concepts() if held_out(concept)]
    assert 25 <= len(kept) <= 60
    for language in ("en", "zh"):
        assert not {c.name(language) for c in kept} & {noun.one for noun in known_nouns(language)}


def test_groups_are_the_same_for_a_seed() -> None:
    first, second = (make_group(np.random.default_rng(7), 4) for _ in range(2))
    assert first.system == second.system
    assert [t.turns for t in first.talks] == [t.turns for t in second.talks]
