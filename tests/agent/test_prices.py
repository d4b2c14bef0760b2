"""Tokens, their price, and what a chat is told about them; a price nobody has said is never guessed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest
from langchain_core.messages import AIMessage

from mm_agent.agent import Usage, ask, build_agent, load_chat_model, parse_llm_spec
from mm_agent.agent.prices import FREE, TABLE, price_of, read_prices
from mm_agent.agent.spending import add_up, answer_line, spending_line
from mm_agent.errors import SettingsError
from mm_agent.settings import Settings
from tests.agent.chat_server import chat_server
from tests.agent.hosted import DEEPSEEK, OLLAMA, OPENAI, SERVER, TONGYI, Hosted, each, put
from tests.agent.scripted import ScriptedModel
from tests.agent.test_hosted import LOOK, SAY
from tests.agent.world import one_scene


def test_every_shipped_price_says_when_and_where_it_was_read() -> None:
    table = read_prices(TABLE)
    assert table
    for spec, price in table.items():
        assert str(parse_llm_spec(spec)) == spec
        assert price.as_of is not None
        assert date(2026, 1, 1) < price.as_of < date(2027, 1, 1)
        assert price.source.startswith("https://")
        assert 0 < (price.cached or 0) < price.input < price.output


@each(OPENAI, DEEPSEEK, SERVER, OLLAMA, TONGYI)
def test_a_persons_price_becomes_a_cost(
    hosted: Hosted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with chat_server(LOOK, SAY) as server:
        spec = hosted.point_at(server, monkeypatch)
        own = tmp_path / "prices.toml"
        own.write_text(f'["{spec}"]\ninput = 1000\noutput = 10000\n')
        answer = put(spec, settings=Settings(llm_prices=own))
    assert answer.usage.cost == pytest.approx((22 * 1000 + 14 * 10000) / 1e6)
    assert answer.usage.llms == ("http:tiny" if hosted is SERVER else spec,)


@pytest.mark.parametrize("limit", ["max_tokens", "max_model_calls"])
def test_a_line_that_no_model_said_costs_nothing(
    limit: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "prices.toml"
    own.write_text('["openai:tiny"]\ninput = 1000\noutput = 10000\n')
    with chat_server(LOOK) as server:
        spec, options = OPENAI.point_at(server, monkeypatch), cast(Any, {limit: 1})
        usage = put(spec, settings=Settings(llm_prices=own), **options).usage
    assert usage.cost == pytest.approx((11 * 1000 + 7 * 10000) / 1e6)


@each(SERVER, OLLAMA)
def test_a_model_without_a_price_has_no_cost(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    with chat_server(LOOK, SAY) as server:
        usage = put(hosted.point_at(server, monkeypatch)).usage
    assert usage.cost is None
    assert usage.input_tokens == 22


def test_the_planner_costs_nothing_and_a_strangers_model_who_knows() -> None:
    world = one_scene()
    planner = build_agent(load_chat_model("offline"), world.tools())
    assert ask(planner, "How many cats?", items=world.items()).usage.cost == 0.0
    stranger = build_agent(ScriptedModel(script=[AIMessage("Two.")]), [])
    assert ask(stranger, "How many?").usage.cost is None


def test_cached_input_is_cheaper() -> None:
    price = price_of(parse_llm_spec("deepseek:deepseek-flash"))
    assert price is not None
    assert price.cached is not None
    fresh = price.cost({"input_tokens": 1_000_000, "output_tokens": 0, "total_tokens": 1_000_000})
    half = price.cost(
        {
            "input_tokens": 1_000_000,
            "output_tokens": 0,
            "total_tokens": 1_000_000,
            "input_token_details": {"cache_read": 500_000},
        }
    )
    assert fresh == price.input
    assert half == pytest.approx((price.input + price.cached) / 2)


def test_what_has_no_price() -> None:
    assert price_of(parse_llm_spec("openai:gpt-99")) is None
    assert price_of(parse_llm_spec("ollama:qwen3")) is None
    assert price_of(parse_llm_spec("qwen@cn:qwen3.7-plus")) is None  # another currency, another list
    assert price_of(parse_llm_spec("local:demo")) is FREE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[x", "is not valid TOML"),
        ('["openai:m"]\ninput = 1', "openai:m.output: Field required; give input and output"),
        ('["openai:m"]\ninput = -1\noutput = 1', "greater than or equal to 0"),
    ],
)
def test_a_bad_table_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as raised:
        price_of(parse_llm_spec("openai:m"), own_table=path)
    assert said in str(raised.value)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_chats_spending_on_a_line() -> None:
    first = Usage(input_tokens=4000, output_tokens=250, model_calls=3, tool_calls=2, cost=0.0015)
    second = Usage(input_tokens=1120, output_tokens=60, model_calls=1, cost=0.0004)
    assert spending_line(add_up([first, second])) == "4 model calls, 5,120 tokens in, 310 out, $0.0019"
    assert spending_line(add_up([first, Usage(model_calls=1)])).endswith("cost unknown")
    assert spending_line(Usage(model_calls=1, cost=0.0)) == "1 model call"
    assert spending_line(Usage(model_calls=1, cost=0.00001)).endswith("less than $0.0001")


def test_an_answers_spending_on_a_line() -> None:
    paid = Usage(input_tokens=1598, output_tokens=39, seconds=2.61, first_text_seconds=2.12, cost=0.00031)
    assert answer_line(paid) == "2.6 s, first word after 2.1 s, 1,598 tokens in, 39 out, $0.0003"
    assert answer_line(Usage(seconds=0.3, cost=0.0)) == "0.3 s"
    assert answer_line(Usage(seconds=0.3)) == "0.3 s"
