"""Write the table in docs/tools.md from the tools' own schemas; ``make help-pages`` runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast, get_type_hints

from langchain_core.tools import BaseTool, StructuredTool

from mm_agent.projection import Evidence
from mm_agent_tools import TOOL_FACTORIES

PAGE = Path(__file__).with_name("tools.md")
BEGIN = "<!-- Written by docs/tool_table.py from the tools; do not edit by hand: run `make help-pages`. -->"
END = "<!-- end of the table -->"
HEAD = "| tool | what it does | arguments | evidence |\n|---|---|---|---|"


def page(text: str) -> str:
    """The page with the table in its place."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([before + BEGIN, "", table(), "", END + after])


def table() -> str:
    """One row a tool, in the toolkit's order."""
    return "\n".join([HEAD, *(row(tool) for tool in tools())])


def tools() -> list[BaseTool]:
    """Every tool; what one looks with is only touched when it is called."""
    return [make(cast(Any, None), cast(Any, None)) for make in TOOL_FACTORIES]


def row(tool: BaseTool) -> str:
    """Name, first sentence, arguments (those that may be left out in brackets) and kind of evidence."""
    schema = cast(dict[str, Any], tool.tool_call_schema.model_json_schema())  # pyright: ignore
    required = schema.get("required", [])
    names = [f"`{name}`" if name in required else f"[`{name}`]" for name in schema["properties"]]
    says = " ".join(tool.description.split("\n\n")[0].split())
    return f"| `{tool.name}` | {says} | {', '.join(names)} | `{evidence_of(tool)}` |"


def evidence_of(tool: BaseTool) -> str:
    """The ``kind`` of the evidence a tool returns, read off its function."""
    look = cast(Any, cast(StructuredTool, tool).func).__wrapped__
    evidence = cast(type[Evidence], get_type_hints(look)["return"])
    return cast(str, evidence.model_fields["kind"].default)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
