"""A dialogue as it is written down: turns, and which of them the model is to learn."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mm_agent.agent.message import user_message
from mm_agent.local.demo.looks import World
from mm_agent.projection.evidence_base import Evidence

Call = tuple[str, dict[str, Any]]
_CHOICE = re.compile(r"\[([^\[\]]*)\]")


@dataclass
class Turn:
    """One message in the chat template's form; ``learn`` marks what the model is trained to say."""

    message: dict[str, Any]
    learn: bool = False


@dataclass
class Talk:
    """A dialogue in the making."""

    world: World
    turns: list[Turn] = field(default_factory=list)
    _seen_notice: bool = False
    _told_notice: bool = False

    def ask(self, question: str) -> None:
        """The person's turn; the first lists the media."""
        items = () if self.turns else self.world.items
        self.turns.append(Turn({"role": "user", "content": user_message(question, items).content}))

    def call(self, *calls: Call, learn: bool = True) -> None:
        """The model calls tools."""
        made = [{"type": "function", "function": {"name": name, "arguments": args}} for name, args in calls]
        self.turns.append(Turn({"role": "assistant", "content": "", "tool_calls": made}, learn))

    def see(self, *found: Evidence) -> None:
        """The tools answer, in the order of the calls."""
        for evidence in found:
            self._seen_notice |= evidence.notice is not None
            self.tell(self.world.text(evidence))

    def tell(self, text: str) -> None:
        """A tool answers with a text of its own, such as an error."""
        self.turns.append(Turn({"role": "tool", "content": text}))

    def answer(self, text: str) -> None:
        """The model answers; behind the first answer that rests on a notice stands the notice."""
        if self._seen_notice and not self._told_notice and self.world.notice:
            self._told_notice = True
            text += "\n" + self.world.notice
        self.turns.append(Turn({"role": "assistant", "content": text}, learn=True))


def vary(template: str, rng: np.random.Generator) -> str:
    """Choose among alternatives: ``"[How many|Count the] cats"``; they may be nested."""
    while found := _CHOICE.search(template):
        options = found.group(1).split("|")
        template = (
            template[: found.start()] + options[int(rng.integers(len(options)))] + template[found.end() :]
        )
    return " ".join(template.split())


def turn_text(turns: Sequence[Turn], *, thought: bool = False) -> list[tuple[str, bool]]:
    """The turns as the chat template renders them, cut into (text, whether it is to be learnt).

    Args:
        turns: All turns behind the system prompt.
        thought: Put an empty thought in front of what the model says last, as with thinking switched off.
    """
    parts: list[tuple[str, bool]] = []
    for index, turn in enumerate(turns):
        role, content = turn.message["role"], turn.message["content"]
        if role == "tool":
            first = turns[index - 1].message["role"] != "tool"
            last = index + 1 == len(turns) or turns[index + 1].message["role"] != "tool"
            text = f"\n<tool_response>\n{content}\n</tool_response>"
            parts.append(
                (("<|im_start|>user" if first else "") + text + ("<|im_end|>\n" if last else ""), False)
            )
        elif role == "assistant":
            blank = "<think>\n\n</think>\n\n" if thought and index + 1 == len(turns) else ""
            parts.append(("<|im_start|>assistant\n" + blank, False))
            calls = "\n".join(_call_text(call["function"]) for call in turn.message.get("tool_calls", ()))
            parts += [(content + calls + "<|im_end|>", turn.learn), ("\n", False)]
        else:
            parts.append((f"<|im_start|>{role}\n{content}<|im_end|>\n", False))
    return parts


def _call_text(function: dict[str, Any]) -> str:
    name, arguments = to_json(function["name"]), to_json(function["arguments"])
    return f'<tool_call>\n{{"name": {name}, "arguments": {arguments}}}\n</tool_call>'


def to_json(value: Any) -> str:
    """JSON as the chat template writes it."""
    return json.dumps(value, ensure_ascii=False)
