"""LangChain messages as a chat template reads them."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from mm_agent.errors import LocalModelError
from mm_agent.local.messages import template_messages
from tests.local.tiny import make_tokenizer

CALL: Any = {"name": "count", "args": {"image": "img-1", "label": "猫"}, "id": "7", "type": "tool_call"}
CONVERSATION: list[BaseMessage] = [
    SystemMessage("You look."),
    SystemMessage("回答要短。"),
    HumanMessage([{"type": "text", "text": "图里有几只猫？"}]),
    AIMessage("", tool_calls=[CALL], additional_kwargs={"reasoning_content": "I count."}),
    ToolMessage("no img-1", tool_call_id="7", status="error", name="count"),
    AIMessage("没有这张图。"),
    HumanMessage("And now?"),
]


def test_a_whole_conversation() -> None:
    assert template_messages(CONVERSATION) == [
        {"role": "system", "content": "You look.\n\n回答要短。"},
        {"role": "user", "content": "图里有几只猫？"},
        {
            "role": "assistant",
            "content": "",
            "reasoning_content": "I count.",
            "tool_calls": [
                {"type": "function", "id": "7", "function": {"name": "count", "arguments": CALL["args"]}}
            ],
        },
        {"role": "tool", "content": "no img-1", "tool_call_id": "7", "name": "count"},
        {"role": "assistant", "content": "没有这张图。"},
        {"role": "user", "content": "And now?"},
    ]


def test_our_template_writes_qwens_protocol() -> None:
    tool = {"type": "function", "function": {"name": "count", "parameters": {}}}
    text = make_tokenizer().apply_chat_template(
        template_messages(CONVERSATION), tools=[tool], tokenize=False, add_generation_prompt=True
    )
    assert isinstance(text, str)
    assert text.startswith("<|im_start|>system\nYou look.\n\n回答要短。\n\n# Tools\n")
    assert '<tools>\n{"type": "function", "function": {"name": "count", "parameters": {}}}\n</tools>' in text
    assert text.endswith(
        "<|im_start|>user\n图里有几只猫？<|im_end|>\n"
        "<|im_start|>assistant\n<tool_call>\n"
        '{"name": "count", "arguments": {"image": "img-1", "label": "猫"}}\n</tool_call><|im_end|>\n'
        "<|im_start|>user\n<tool_response>\nno img-1\n</tool_response><|im_end|>\n"
        "<|im_start|>assistant\n没有这张图。<|im_end|>\n"
        "<|im_start|>user\nAnd now?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_our_template_keeps_reasoning_until_the_next_question() -> None:
    text = make_tokenizer().apply_chat_template(
        template_messages(CONVERSATION[:5]), tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
    assert isinstance(text, str)
    assert "<think>\nI count.\n</think>\n\n<tool_call>" in text
    assert text.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")


def test_other_providers_blocks() -> None:
    blocks: list[str | dict[str, Any]] = [
        {"type": "thinking", "thinking": "Hm."},
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "7", "name": "count", "input": {}},
        " More.",
    ]
    (turn,) = template_messages([AIMessage(blocks)])
    assert turn == {"role": "assistant", "content": "I look. More.", "reasoning_content": "Hm."}


def test_any_role_may_speak() -> None:
    assert template_messages([ChatMessage("Hi", role="critic")]) == [{"role": "critic", "content": "Hi"}]


@pytest.mark.parametrize("kind", ["image", "image_url", "audio", "video", "file"])
@pytest.mark.parametrize("who", [HumanMessage, lambda content: ToolMessage(content, tool_call_id="7")])
def test_pictures_are_refused_in_one_line(kind: str, who: Any) -> None:
    message = who(
        [{"type": "text", "text": "See:"}, {"type": kind, "base64": "AAAA", "mime_type": "image/png"}]
    )
    with pytest.raises(LocalModelError, match=f"reads text only, and got a block of type '{kind}'") as caught:
        template_messages([message])
    assert "\n" not in str(caught.value)
    assert "AAAA" not in str(caught.value)


def test_no_messages_and_unknown_ones() -> None:
    with pytest.raises(LocalModelError, match="no message to answer"):
        template_messages([])
    with pytest.raises(LocalModelError, match="take no FunctionMessage"):
        template_messages([FunctionMessage("1", name="f")])
