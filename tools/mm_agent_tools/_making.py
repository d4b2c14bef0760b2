"""From a typed function that returns evidence to a LangChain tool.

The function's docstring is the schema the model sees. The tool answers (text, artifact); what the model can
mend (bad arguments, unknown handles, pictures the policy refuses) comes back as a tool message with status
"error"; anything else is raised.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import getdoc, signature
from types import CodeType
from typing import Any, cast

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from langchain_core.tools.base import create_schema_from_function
from pydantic import BaseModel, ValidationError
from pydantic.v1 import ValidationError as ValidationErrorV1

from mm_agent.errors import MediaError, ToolInputError
from mm_agent.projection.evidence_base import Evidence
from mm_agent.projection.text import MAX_TOKENS
from mm_agent.prompt_files import Language


def make_tool(look: Callable[..., Evidence], *, language: Language) -> BaseTool:
    """Make a tool named after ``look``; sync calls run it here, async calls in a thread.

    Args:
        look: Takes what the model gives, returns evidence. Its docstring becomes description and schema.
        language: Language of the text the model gets.
    """
    schema = _schema(look)

    @wraps(look)
    def answer(*only: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
        try:
            # Old-style callers give the first argument alone: tool.run("img-1").
            evidence = look(*only, **arguments)
        except (ToolInputError, MediaError) as error:
            raise ToolException(str(error)) from error
        return evidence.to_text(language, max_tokens=MAX_TOKENS), evidence.model_dump(mode="json")

    return StructuredTool(
        name=look.__name__,
        description=(getdoc(look) or "").partition("\nArgs:")[0].strip(),
        args_schema=schema,
        func=answer,
        response_format="content_and_artifact",
        handle_tool_error=True,
        handle_validation_error=_validation_message(look),
    )


_SCHEMAS: dict[tuple[CodeType, str], type[BaseModel]] = {}
"""By the function's code and docstring: every chat makes the same tools over its own store, and one function
may speak of another domain."""


def _schema(look: Callable[..., Evidence]) -> type[BaseModel]:
    """The schema of a function, read once."""
    key = (look.__code__, look.__doc__ or "")
    if key not in _SCHEMAS:
        _SCHEMAS[key] = _read_schema(look)
    return _SCHEMAS[key]


def _read_schema(look: Callable[..., Evidence]) -> type[BaseModel]:
    """Read it off signature and docstring; arguments it does not name are refused, not ignored."""
    schema = cast(
        type[BaseModel],
        create_schema_from_function(
            look.__name__, look, parse_docstring=True, error_on_invalid_docstring=True
        ),
    )
    schema.model_config["extra"] = "forbid"
    schema.model_rebuild(force=True)
    return schema


def _validation_message(
    look: Callable[..., Evidence],
) -> Callable[[ValidationError | ValidationErrorV1], str]:
    """Make the handler that tells the model which argument was wrong and what the tool takes."""
    parameters = signature(look).parameters.values()
    takes = ", ".join(p.name + (" (required)" if p.default is p.empty else "") for p in parameters)

    def word(error: ValidationError | ValidationErrorV1) -> str:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        return f"{look.__name__} was called with bad arguments ({wrong}); it takes: {takes}"

    return word
