"""Agents that are broken on purpose, for ``--agent tests.evals.agents:NAME``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.tools import BaseTool, StructuredTool

from mm_agent.agent.answer import Answer
from mm_agent.agent.message import question_of
from mm_agent.evals.run.contender import Contender, contender
from mm_agent.local import LocalChatModel
from mm_agent.settings import Settings

Change = Callable[[Sequence[BaseTool]], list[BaseTool]]


def whole(settings: Settings) -> Contender:
    """Not broken."""
    return contender(settings)


def without_counting(settings: Settings) -> Contender:
    """A tool removed."""
    return _with_tools(settings, lambda tools: [tool for tool in tools if tool.name != "count_objects"])


def wrong_handle(settings: Settings) -> Contender:
    """Every tool looks at a picture that is not there."""
    return _with_tools(settings, lambda tools: [_misled(tool) for tool in tools])


class Unprompted(LocalChatModel):
    """Reads the questions and no word of ours: no system prompt, no list of media."""

    def _stream(self, messages: list[BaseMessage], *rest: Any, **more: Any) -> Iterator[ChatGenerationChunk]:
        bare = [
            HumanMessage(question_of(message)) if isinstance(message, HumanMessage) else message
            for message in messages
            if not isinstance(message, SystemMessage)
        ]
        return super()._stream(bare, *rest, **more)


def prompt_emptied(settings: Settings) -> Contender:
    """The demo language model without its prompts."""
    begin = contender(settings)

    def start() -> Any:
        session: Any = begin()
        session.model = Unprompted(model="demo")
        return session

    return start


def crashing(settings: Settings) -> Contender:
    """Raises where a question has the word CRASH."""
    begin = contender(settings)

    def start() -> Any:
        session: Any = begin()
        ask = session.ask

        def crash(question: str, **more: Any) -> Answer:
            if "CRASH" in question and "MM_AGENT_TEST_MENDED" not in os.environ:
                raise RuntimeError("the agent fell over")
            return ask(question, **more)

        session.ask = crash
        return session

    return start


def _with_tools(settings: Settings, change: Change) -> Contender:
    begin = contender(settings)

    def start() -> Any:
        session: Any = begin()
        toolkit = session._toolkit
        session._toolkit = lambda language: change(toolkit(language))
        return session

    return start


def _misled(tool: BaseTool) -> BaseTool:
    """The same tool, which is given img-9 for any picture."""

    def run(**args: Any) -> tuple[str, Any]:
        args = {key: "img-9" if key in ("image", "other") else value for key, value in args.items()}
        call = {"name": tool.name, "args": args, "id": "1", "type": "tool_call"}
        message: ToolMessage = tool.invoke(call)
        return str(message.content), message.artifact

    return StructuredTool.from_function(
        run,
        name=tool.name,
        description=tool.description,
        args_schema=tool.args_schema,
        response_format="content_and_artifact",
    )


def dawdling(settings: Settings) -> Contender:
    """Answers only when it is stopped."""
    begin = contender(settings)

    def start() -> Any:
        session: Any = begin()
        stopped = Event()

        def wait(question: str) -> Answer:
            stopped.wait(60)
            STOPPED.append(question)
            raise RuntimeError("stopped")

        session.ask, session.stop = wait, stopped.set
        return session

    return start


STOPPED: list[str] = []
"""What ``dawdling`` was asked when it was stopped."""
