"""The agent graph: LangChain's ``create_agent`` with limits, tool-error handling, memory and prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ToolCallLimitMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph

from mm_agent.agent.cited import CitedAnswer
from mm_agent.agent.middleware.calls import MendCalls
from mm_agent.agent.middleware.cite import Cite
from mm_agent.agent.middleware.clock import ToolClock
from mm_agent.agent.middleware.fallback import Fallback
from mm_agent.agent.middleware.history import MendHistory
from mm_agent.agent.middleware.language import Choice, SystemPrompt
from mm_agent.agent.middleware.limits import CallLimit, TokenLimit
from mm_agent.agent.middleware.meter import Meter
from mm_agent.agent.middleware.pictures import ShowPictures
from mm_agent.agent.middleware.retry import AskAgain
from mm_agent.agent.middleware.soft_pictures import SoftPictures
from mm_agent.agent.middleware.tool_errors import tool_errors
from mm_agent.agent.middleware.trim import TrimContext
from mm_agent.errors import SettingsError
from mm_agent.media.store import MediaStore
from mm_agent.settings import Projection


def build_agent(
    model: BaseChatModel,
    tools: Sequence[BaseTool],
    *,
    checkpointer: BaseCheckpointSaver | None = None,
    max_model_calls: int = 8,
    max_tool_calls: int = 12,
    max_tokens: int | None = None,
    retries: int = 2,
    fallback: BaseChatModel | None = None,
    language: Choice = "auto",
    pictures: ShowPictures | None = None,
    projection: Projection = "text",
    store: MediaStore | None = None,
    context_tokens: int = 24_000,
    response_format: Any = None,
) -> CompiledStateGraph:
    """Put a chat model and tools together.

    Args:
        model: Any LangChain chat model that calls tools, or the offline planner.
        tools: What it may call.
        checkpointer: The memory between turns of a thread; None keeps it in this process.
        max_model_calls: In one run; one more ends the run with a line that says so.
        max_tool_calls: In one run; further calls come back as errors, so that the model answers with what it
            has.
        max_tokens: In one run, in and out; the call that goes over it is the last. None: no limit.
        retries: How often the model is asked again after a failure that may pass.
        fallback: Asked when the model's provider fails for good.
        language: Of the system prompt; ``auto`` follows each question.
        context_tokens: About how many tokens of conversation a model call gets; of longer ones older results
            and turns are left out, never what the media are called.
        response_format: A schema the final answer must fit, as LangChain's; it lands in the graph's state. A
            ``CitedAnswer`` holds only evidence that a tool reported, whatever the model says; a model in this
            process is not asked for it, unless in one of LangChain's strategies, and ours stands alone.
        pictures: Hands pictures to models that take images; None: no model gets any, only the tools' words.
        projection: How pictures reach a model with a projector: ``text``, only as the tools' words; ``soft``,
            as soft tokens before each question, without a system prompt, and ``tools`` should hold none that
            look; ``both``.
        store: Where the media are; ``soft`` and ``both`` need it.

    Raises:
        SettingsError: ``soft`` or ``both`` without a store, or with a model that has no projector.
    """
    soft = _soft_pictures(model, projection, store)
    middleware: list[AgentMiddleware[Any, Any]] = [
        MendHistory(),
        Cite(structured=_asks_for_citations(response_format)),
        *([] if projection == "soft" else [SystemPrompt(language=language)]),
        TrimContext(tokens=context_tokens, language=language),
        CallLimit(calls=max_model_calls, language=language),
        *([TokenLimit(tokens=max_tokens, language=language)] if max_tokens else []),
        *([Fallback(fallback)] if fallback else []),
        AskAgain(retries=retries),
        MendCalls(language=language),
        Meter(),
        ToolCallLimitMiddleware(run_limit=max_tool_calls, exit_behavior="continue"),
        ToolClock(),
        tool_errors(),
        *([pictures] if pictures else []),
        *([soft] if soft else []),
    ]
    return create_agent(
        model,
        tools,
        middleware=middleware,
        checkpointer=checkpointer or InMemorySaver(),
        response_format=None if _cites_for(model, response_format) else response_format,
        name="mm_agent",
    )


def _soft_pictures(
    model: BaseChatModel, projection: Projection, store: MediaStore | None
) -> SoftPictures | None:
    if projection == "text":
        return None
    if store is None:
        raise SettingsError(f"projection {projection!r} shows pictures from a store; give the agent store=")
    if getattr(model, "projector", None) is None:
        raise SettingsError(
            f"projection {projection!r} needs a chat model with a projector, and {type(model).__name__} has "
            "none; use LocalChatModel(projector=FOLDER), or projection 'text'"
        )
    return SoftPictures(store, alone=projection == "soft")


def _cites_for(model: BaseChatModel, response_format: Any) -> bool:
    """Whether a ``CitedAnswer`` is put together without the model: small ones that must call some tool, as
    LangChain then has them, call the others for ever."""
    if response_format is not CitedAnswer:
        return False
    from mm_agent.local.chunks import PROVIDER  # brings torch

    return model._llm_type == PROVIDER


def _asks_for_citations(response_format: Any) -> bool:
    """Whether it is ``CitedAnswer``, plain or in one of LangChain's strategies."""
    schema = (
        response_format if isinstance(response_format, type) else getattr(response_format, "schema", None)
    )
    return schema is CitedAnswer
