"""An answer with citations that a program can read, by our own assembly or as a model's structured output."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

Corners = Annotated[tuple[int, ...], Field(min_length=4, max_length=4)]
Span = Annotated[tuple[float, ...], Field(min_length=2, max_length=2)]


class Citation(BaseModel, frozen=True):
    """A fact behind an answer, as a tool reported it."""

    handle: str = Field(description="The picture, frame or video, such as img-1, vid-1@2.5s or vid-1.")
    tool: str = Field(description="The tool that reported it.")
    about: str = Field(default="", description="The label, noun, sentence or query.")
    region: Corners | None = Field(
        default=None, description="Left, top, right, bottom in pixels of the whole picture; none: all of it."
    )
    score: float | None = Field(default=None, description="From 0 to 1, as the tool reported it.")
    seconds: Span | None = Field(default=None, description="Of a video: from when to when.")


class CitedAnswer(BaseModel, frozen=True):
    """The final answer, and the tool results that it relies on."""

    answer: str = Field(description="The answer in words, in the language of the question.")
    evidence: tuple[Citation, ...] = Field(default=(), description="The tool results behind the answer.")
    unsupported: SkipJsonSchema[tuple[Citation, ...]] = Field(
        default=(), description="What the answer cites and no tool reported; found out, not asked of a model."
    )
