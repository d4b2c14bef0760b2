"""Conversations with a scripted model, for tests in this process and in others."""

from __future__ import annotations

from pathlib import Path

from langchain_core.messages import AIMessage

from mm_agent.agent import ask, build_agent
from mm_agent.agent.memory.memory import Memory, open_memory
from mm_agent.agent.past import past_turns
from mm_agent.settings import load_settings
from tests.agent.scripted import ScriptedModel


def open_at(place: str | Path) -> Memory:
    return open_memory(load_settings({"memory": str(place)}))


def questions(memory: Memory, thread: str) -> list[str]:
    agent = build_agent(ScriptedModel(script=[]), [], checkpointer=memory.checkpointer)
    state = agent.get_state({"configurable": {"thread_id": memory.key(thread)}})
    return [turn.question for turn in past_turns(state.values.get("messages", []))]


def talk(memory: Memory, thread: str, *asked: str) -> None:
    model = ScriptedModel(script=[AIMessage(f"answer to {one}") for one in asked])
    agent = build_agent(model, [], checkpointer=memory.checkpointer)
    for one in asked:
        ask(agent, one, thread_id=memory.key(thread))
        memory.tidy(thread)
    memory.threads.put(thread, title=asked[0], media=[])
