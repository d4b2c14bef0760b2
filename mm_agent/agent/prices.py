"""What tokens cost: a small table of list prices with dates and sources, and a person's own over it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from mm_agent.agent.llm import LLMSpec
from mm_agent.errors import SettingsError

TABLE = Path(__file__).with_name("prices.toml")
# Where the agent notes in a message's ``response_metadata`` what it cost, in US dollars, and who spoke.
COST_KEY = "cost_usd"
LLM_KEY = "llm"


class Price(BaseModel):
    """US dollars per million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0, description="Input that was not cached.")
    cached: float | None = Field(
        default=None, ge=0, description="Input the provider had cached; None: as input."
    )
    output: float = Field(ge=0, description="Output, reasoning included.")
    as_of: date | None = Field(default=None, description="When it was read.")
    source: str = Field(default="", description="Where it was read.")
    note: str = Field(default="", description="What it holds for.")

    def cost(self, usage: UsageMetadata) -> float:
        """What a call cost, in US dollars."""
        cached = (usage.get("input_token_details") or {}).get("cache_read") or 0
        kept = self.input if self.cached is None else self.cached
        fresh = usage["input_tokens"] - cached
        return (fresh * self.input + cached * kept + usage["output_tokens"] * self.output) / 1e6


FREE = Price(input=0.0, output=0.0, source="runs in this process")
_ENTRIES = TypeAdapter(dict[str, Price])


def price_of(spec: LLMSpec, *, own_table: Path | None = None) -> Price | None:
    """The list price of a model, or None when nobody has said it; nothing is guessed.

    Args:
        spec: Which model; one that runs in this process is free.
        own_table: A TOML file like ``prices.toml`` whose entries win.

    Raises:
        SettingsError: The file cannot be read or does not hold prices.
    """
    table = read_prices(TABLE) | (read_prices(own_table) if own_table else {})
    return table.get(str(spec), FREE if spec.provider in ("offline", "local") else None)


def trace_facts(spec: LLMSpec, *, own_table: Path | None = None) -> dict[str, Any]:
    """A model's name and price for its ``metadata``, which traces carry: no address, and never a key.

    Raises:
        SettingsError: The person's table cannot be read or does not hold prices.
    """
    price = price_of(spec, own_table=own_table)
    return {
        "llm": f"http:{spec.model}" if spec.provider == "http" else str(spec),
        "usd_per_million_tokens": price.model_dump(include={"input", "cached", "output"}) if price else None,
    }


def read_prices(path: Path) -> dict[str, Price]:
    """A table of prices by spec.

    Raises:
        SettingsError: It cannot be read or does not hold prices.
    """
    try:
        return _ENTRIES.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(
            f"cannot read the prices in {path}: {error.strerror}; check llm_prices"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: {where}: {first['msg']}; give input and output per entry") from error
    except ValueError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}; mend the file") from error


def cost_of(metadata: Mapping[str, Any], message: AIMessage) -> float | None:
    """What a message cost in US dollars, or None when its price or its tokens are not known.

    Args:
        metadata: A loaded model's, where its price is.
        message: What it said.
    """
    price = metadata.get("usd_per_million_tokens")
    if price is None:
        return None
    price = Price.model_validate(price)
    if price.input == price.output == 0:
        return 0.0
    return price.cost(message.usage_metadata) if message.usage_metadata else None


def total_cost(messages: Iterable[AIMessage]) -> float | None:
    """What messages cost together, in US dollars; None as soon as the cost of one is not known."""
    return sum_known(message.response_metadata.get(COST_KEY) for message in messages)


def who_spoke(messages: Iterable[AIMessage]) -> tuple[str, ...]:
    """The models that said them, each once, in order: more than one when a fallback stepped in."""
    names = [message.response_metadata.get(LLM_KEY) for message in messages]
    return tuple(dict.fromkeys(name for name in names if name))


def sum_known(costs: Iterable[float | None]) -> float | None:
    """The sum; None as soon as one is."""
    total = 0.0
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total
