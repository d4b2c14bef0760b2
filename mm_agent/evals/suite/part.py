"""What every part of a suite shares: frozen, and unknown fields are refused."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator

T = TypeVar("T")


class Part(BaseModel, frozen=True, extra="forbid"):
    """A frozen value that refuses unknown fields."""


def _as_list(value: Any) -> Any:
    """One thing where several may stand."""
    return [value] if isinstance(value, str | dict | BaseModel) else value


OneOrMore = Annotated[tuple[T, ...], BeforeValidator(_as_list)]
"""A list, or its only element by itself."""
