"""``with_structured_output``: a schema bound to a model, and the parser of what it says."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.output_parsers import BaseOutputParser, JsonOutputParser, PydanticOutputParser
from langchain_core.output_parsers.openai_tools import JsonOutputKeyToolsParser, PydanticToolsParser
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_json_schema, convert_to_openai_tool
from langchain_core.utils.pydantic import is_basemodel_subclass

from mm_agent.errors import LocalModelError


def structured(
    model: BaseChatModel,
    schema: dict[str, Any] | type,
    *,
    include_raw: bool,
    method: str,
    options: dict[str, Any],
) -> Runnable[Any, Any]:
    """Bind a schema to a model and parse its answers.

    Raises:
        LocalModelError: An unknown method or option.
    """
    if options:
        raise LocalModelError(
            f"with_structured_output knows no {', '.join(options)}; use include_raw and method"
        )
    if method == "function_calling":
        traced = {"kwargs": {"method": method}, "schema": schema}
        bound = model.bind_tools([schema], tool_choice="any", ls_structured_output_format=traced)
        return _parsed(bound, _call_parser(schema), include_raw)
    if method not in ("json_schema", "json_mode"):
        raise LocalModelError(f"method {method!r} is not one of json_schema, function_calling, json_mode")
    traced = {"kwargs": {"method": method}, "schema": schema}
    bound = model.bind(response_format=_format(schema, method), ls_structured_output_format=traced)
    return _parsed(bound, _json_parser(schema), include_raw)


def _format(schema: dict[str, Any] | type, method: str) -> dict[str, Any]:
    written = convert_to_json_schema(schema)
    if method == "json_mode":
        return {"type": "json_object", "schema": written}
    return {"type": "json_schema", "json_schema": {"name": written.get("title", "answer"), "schema": written}}


def _json_parser(schema: dict[str, Any] | type) -> BaseOutputParser:
    if isinstance(schema, type) and is_basemodel_subclass(schema):
        return PydanticOutputParser(pydantic_object=schema)
    return JsonOutputParser()


def _call_parser(schema: dict[str, Any] | type) -> Any:
    if isinstance(schema, type) and is_basemodel_subclass(schema):
        return PydanticToolsParser(tools=[schema], first_tool_only=True)
    name = convert_to_openai_tool(schema)["function"]["name"]
    return JsonOutputKeyToolsParser(key_name=name, first_tool_only=True)


def _parsed(bound: Runnable, parser: Any, include_raw: bool) -> Runnable:
    """The parsed answer, or with ``include_raw`` a dict of raw, parsed and parsing_error."""
    if not include_raw:
        return bound | parser
    attempt = RunnablePassthrough.assign(parsed=itemgetter("raw") | parser, parsing_error=lambda _: None)
    failure = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=bound) | attempt.with_fallbacks([failure], exception_key="parsing_error")
