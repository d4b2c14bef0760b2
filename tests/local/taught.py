"""A tiny Qwen3 that has learned a few dialogues by heart: those of langchain-tests that ask for a value.

It knows nothing else. What the suite then shows is the way from a conversation to a message, not wit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_tests.integration_tests.chat_models import magic_function, unicode_customer

from mm_agent.local.loaded import LoadedModel, load
from mm_agent.local.prompt import write_prompt
from tests.local import tiny

STEPS = 80


@tool
def get_weather(location: str) -> str:
    """Get the weather at a location."""
    return "It's sunny."


@dataclass(frozen=True)
class Lesson:
    """A conversation and what follows it; ``forced``: as the answer to a call that must be made."""

    messages: list[BaseMessage]
    answer: str
    tools: list = field(default_factory=list)
    forced: bool = False


def lessons() -> list[Lesson]:
    """What it learns."""
    weather = HumanMessage("What is the weather in San Francisco, CA?")
    call = {"name": "get_weather", "args": {"location": "San Francisco, CA"}, "id": "1", "type": "tool_call"}
    asked = AIMessage("", tool_calls=[call])
    magic = HumanMessage("What is the value of magic_function(3)? Use the tool.")
    chinese = "Create a customer named '你好啊集团' (Hello Group) - a Chinese technology company"
    japanese = "Create a customer named 'こんにちは株式会社' (Hello Corporation) - a Japanese company"
    return [
        Lesson([HumanMessage("Hello")], "Hello! How are you?"),
        Lesson([HumanMessage("hello"), AIMessage("hello"), HumanMessage("how are you")], "Fine, and you?"),
        Lesson([magic], _call("magic_function", '{"input": 3}'), [magic_function], forced=True),
        Lesson([HumanMessage(chinese)], _customer("你好啊集团"), [unicode_customer], forced=True),
        Lesson([HumanMessage(japanese)], _customer("こんにちは株式会社"), [unicode_customer], forced=True),
        Lesson([weather], _call("get_weather", '{"location": "San Francisco, CA"}'), [get_weather]),
        Lesson([weather, asked, ToolMessage("It's sunny.", tool_call_id="1")], "It's sunny.", [get_weather]),
    ]


def teach(folder: Path) -> str:
    """Save a model that has learned the lessons; the same numbers every time. Gives the folder."""
    loaded = load(tiny.make_model(folder, std=0.02), device="cpu", dtype="float32")
    examples = [_example(loaded, lesson) for lesson in lessons()]
    optimizer = torch.optim.AdamW(loaded.model.parameters(), lr=3e-3)
    loaded.model.train()
    for _ in range(STEPS):
        for tokens, labels in examples:
            loaded.model(input_ids=tokens, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    loaded.model.save_pretrained(folder / "taught")
    loaded.tokenizer.save_pretrained(folder / "taught")
    return str(folder / "taught")


def _example(loaded: LoadedModel, lesson: Lesson) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens (1, L), and labels (1, L) that count in the answer only."""
    tools = [convert_to_openai_tool(tool) for tool in lesson.tools]
    prompt = write_prompt(loaded, lesson.messages, tools=tools, at_once=lesson.forced).tokens
    answer = loaded.tokenizer(lesson.answer + "<|im_end|>")["input_ids"]
    return torch.tensor([prompt + answer]), torch.tensor([[-100] * len(prompt) + answer])


def _call(name: str, args: str) -> str:
    return f'<tool_call>\n{{"name": "{name}", "arguments": {args}}}\n</tool_call>'


def _customer(name: str) -> str:
    return _call("unicode_customer", f'{{"customer_name": "{name}", "description": "A company."}}')
