"""Send features to a language model: features -> prompt text -> chat model -> answer."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import LanguageModelLike
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable

from mm_agent.errors import ProjectionError
from mm_agent.projection.text import MAX_TOKENS, features_to_text
from mm_agent.prompt_files import Language, detect_language, render


def send_features_to_llm(
    features: Any,
    *,
    llm: LanguageModelLike,
    question: str | None = None,
    size: tuple[int, int] | None = None,
    language: Language | None = None,
    max_tokens: int = MAX_TOKENS,
) -> AIMessage:
    """Ask a chat model about vision features; the features really become its prompt.

    ``llm`` is any LangChain chat model or runnable, because this layer knows no provider. A spec string is
    resolved one line above the call::

        from mm_agent.agent.llm import load_chat_model
        answer = send_features_to_llm(features, llm=load_chat_model("deepseek:deepseek-flash"))
        print(answer.text)

    Args:
        features: What ``features_to_text`` takes, for example the tower's (B, T, rows, columns, hidden).
        llm: The model that answers.
        question: What to ask; None: where the picture's content lies.
        size: (width, height) in pixels of the upright picture, to say peaks as pixel boxes.
        language: Language of the prompt; None: the question's, English without one.
        max_tokens: Budget for the features' text, in estimated tokens.

    Returns:
        The model's message; ``.text`` is the answer.

    Raises:
        ShapeError: Features of another shape.
        ProjectionError: ``llm`` is not a model, or the text does not fit the budget.
    """
    if not isinstance(llm, Runnable):
        raise ProjectionError(
            f"llm must be a LangChain chat model, got {llm!r:.60}; resolve a spec with "
            "mm_agent.agent.llm.load_chat_model, as in llm=load_chat_model('deepseek:deepseek-flash')"
        )
    reply = llm.invoke(
        features_messages(features, question, size=size, language=language, max_tokens=max_tokens)
    )
    return (
        reply
        if isinstance(reply, AIMessage)
        else AIMessage(reply.content if isinstance(reply, BaseMessage) else reply)
    )


def features_messages(
    features: Any,
    question: str | None = None,
    *,
    size: tuple[int, int] | None = None,
    language: Language | None = None,
    max_tokens: int = MAX_TOKENS,
) -> list[BaseMessage]:
    """Return what ``send_features_to_llm`` sends: how to read the features, then features and question."""
    language = language or detect_language(question or "")
    question = question or render("features_ask/default_question", language)
    text = features_to_text(features, language=language, max_tokens=max_tokens, size=size)
    return [
        SystemMessage(render("features_ask/system", language)),
        HumanMessage(render("features_ask/human", language, features=text, question=question)),
    ]
