"""From a conversation and options to a request for the engine, and to the chunks its events become."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from langchain_core.messages import BaseMessage

from mm_agent.errors import LocalModelError
from mm_agent.local.call_guard import CallGuard
from mm_agent.local.chunks import Chunks
from mm_agent.local.constraint import Constraint
from mm_agent.local.decoding import TextStream
from mm_agent.local.grammar import forced_grammar, opened_call_grammar
from mm_agent.local.loaded import LoadedModel
from mm_agent.local.pictures import Sight
from mm_agent.local.prompt import Prompt, write_prompt
from mm_agent.local.request import Event, Request
from mm_agent.local.response_format import read_format, tell
from mm_agent.local.sampling import Sampler, Sampling
from mm_agent.local.speech import CALL
from mm_agent.local.tool_choice import chosen, must_call
from mm_agent.local.tool_format import Tool


@dataclass(frozen=True)
class Options:
    """What a call may ask for; None asks for nothing. See ``LocalChatModel`` for the meanings."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    max_tokens: int | None = None
    stop: Sequence[str] | None = None
    timeout: float | None = None
    thinking: bool | None = None
    reuse_prompt: bool = True
    tools: Sequence[Tool] = ()
    tool_choice: str = "auto"
    response_format: dict[str, Any] | None = None

    @classmethod
    def of(cls, given: dict[str, Any]) -> Options:
        """Options by name.

        Raises:
            LocalModelError: One of them is unknown.
        """
        known = cls.__dataclass_fields__
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise LocalModelError(
                f"a local model knows no option {', '.join(unknown)}; it has {', '.join(known)}"
            )
        return cls(**given)


@dataclass(frozen=True)
class Call:
    """A request ready for the engine, and what turns its events into chunks."""

    loaded: LoadedModel
    request: Request
    chunks: Chunks


def prepare(
    loaded: LoadedModel,
    messages: Sequence[BaseMessage],
    options: Options,
    emit: Callable[[Event], None],
    sight: Sight | None = None,
) -> Call:
    """Write the prompt and the grammar, and say what limits the answer.

    Raises:
        LocalModelError: Something that this model cannot do was asked of it.
        MediaError, ProjectorError: A picture cannot be shown to it.
    """
    choice = chosen(options.tool_choice, options.tools)
    tools = [] if choice == "none" else list(options.tools)
    forced = must_call(choice, tools)
    wanted = read_format(options.response_format)
    grammar = None
    if wanted and wanted.told:
        messages = tell(messages, wanted.schema)
    if wanted or forced:
        schema = wanted.schema if wanted and not forced else None
        grammar = forced_grammar(
            tools=forced or tools, form=loaded.form or "hermes", answer=schema, tag=loaded.tag
        )
    prompt = write_prompt(
        loaded, messages, tools=tools, thinking=options.thinking, at_once=grammar is not None, sight=sight
    )
    by_name = {tool["function"]["name"]: tool for tool in tools}
    form = loaded.form if tools else None
    chunks = Chunks(loaded.name, form=form, tools=by_name, thinking=prompt.thinking)
    request = _request(loaded, prompt, grammar, options, emit)
    if tools and grammar is None:
        request.calls = _guard(loaded, tools)
    return Call(loaded, request, chunks)


def _guard(loaded: LoadedModel, tools: Sequence[Tool]) -> CallGuard | None:
    """None where a call does not open with a token of its own."""
    opening = loaded.tokenizer.backend_tokenizer.token_to_id(CALL)
    if loaded.form is None or opening is None:
        return None
    grammar = opened_call_grammar(tools, loaded.form, loaded.tag)
    return CallGuard(loaded.grammar_tokenizer, grammar, opening)


def _request(
    loaded: LoadedModel,
    prompt: Prompt,
    grammar: str | None,
    options: Options,
    emit: Callable[[Event], None],
) -> Request:
    config = loaded.model.generation_config
    room = loaded.limit - len(prompt.tokens)
    room = min(room, options.max_tokens or getattr(config, "max_new_tokens", None) or room)
    return Request(
        prompt=prompt.tokens,
        soft=prompt.soft,
        room=room,
        ends=loaded.ends,
        sampler=Sampler(Sampling.of(config, vars(options))),
        text=TextStream(loaded.tokenizer, loaded.unspoken, options.stop or ()),
        emit=emit,
        constraint=Constraint(loaded.grammar_tokenizer, grammar, room) if grammar else None,
        deadline=monotonic() + options.timeout if options.timeout else None,
        reuse=options.reuse_prompt,
    )
