"""A local model's call that breaks off is put aside, never made with what there was of its arguments."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.utils import message_chunk_to_message

from mm_agent.local.chunks import Chunks
from mm_agent.local.request import Ended, Said
from mm_agent.local.tool_format import ToolFormat

WHOLE: dict[ToolFormat, str] = {
    "hermes": '<tool_call>\n{"name": "look", "arguments": {"image": "img-12", "noun": "cat"}}\n</tool_call>',
    "coder": "<tool_call>\n<function=look>\n<parameter=image>\nimg-12\n</parameter>\n<parameter=noun>\ncat\n"
    "</parameter>\n</function>\n</tool_call>",
}
ENDS: dict[ToolFormat, str] = {"hermes": "}}", "coder": "</function>"}


def said(text: str, form: ToolFormat, reason: str = "length") -> AIMessage:
    """What LangChain makes of an answer that ends after this text."""
    chunks = Chunks("tiny", form=form, tools={}, thinking=False)
    parts = [*chunks.said(Said(text, 1)), *chunks.ended(Ended(reason, 1, 1, 0))]  # pyright: ignore
    messages = [part.message for part in parts]
    whole = sum(messages[1:], messages[0])
    assert isinstance(whole, AIMessageChunk)
    message = message_chunk_to_message(whole)
    assert isinstance(message, AIMessage)
    return message


@pytest.mark.parametrize("reason", ["length", "stop"])
@pytest.mark.parametrize("form", ["hermes", "coder"])
def test_wherever_it_breaks_off(form: ToolFormat, reason: str) -> None:
    whole = WHOLE[form]
    needed = whole.index(ENDS[form]) + len(ENDS[form])
    for end in range(len("<tool_call>"), needed):
        message = said(whole[:end], form, reason)
        assert message.tool_calls == [], whole[:end]
        (call,) = message.invalid_tool_calls
        assert str(call["args"]) in whole[:end]
    for end in range(needed, len(whole) + 1):
        (made,) = said(whole[:end], form, reason).tool_calls
        assert made["args"] == {"image": "img-12", "noun": "cat"}


def test_arguments_that_are_no_object_are_no_call() -> None:
    message = said('<tool_call>{"name": "look", "arguments": ["img-1"]}</tool_call>', "hermes", "stop")
    assert message.tool_calls == []
    assert message.invalid_tool_calls[0]["name"] == "look"
