"""Ask a case of the agent as a person would: pictures and clips in a store, one question after the other."""

from __future__ import annotations

import tempfile
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from PIL import Image

from mm_agent.agent import Answer, ask, build_agent
from mm_agent.errors import AgentError
from mm_agent.local.demo.exam.case import Case
from mm_agent.local.demo.exam.marking import Mark, mark
from mm_agent.media import MediaStore
from mm_agent.media.item import MediaItem
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.demo.clips import film_clip
from mm_agent_tools import SiglipToolkit


def take(model: BaseChatModel, encoder: SiglipEncoder, case: Case) -> Mark:
    """Ask a case's questions of a fresh agent and mark the last answer."""
    *before, last = sit(model, encoder, case)
    return mark(case, last, before)


def sit(model: BaseChatModel, encoder: SiglipEncoder, case: Case) -> list[Answer]:
    """The answers to a case's questions; where the model fails, an empty one."""
    store = MediaStore()
    items = _add(case, store)
    tools = [case.tool] if case.tool else _kit(encoder, store, case).get_tools()
    agent = build_agent(model, tools)
    answers: list[Answer] = []
    for question in case.questions:
        try:
            answers.append(ask(agent, question, items=() if answers else items))
        except AgentError:
            answers.append(Answer(""))
    return answers


def _kit(encoder: SiglipEncoder, store: MediaStore, case: Case) -> SiglipToolkit:
    return SiglipToolkit(encoder=encoder, store=store, language=case.language)


def _add(case: Case, store: MediaStore) -> list[MediaItem]:
    """The pictures as they are, the clips filmed."""
    items: list[MediaItem] = []
    with tempfile.TemporaryDirectory() as folder:
        for place, medium in enumerate(case.media, 1):
            if isinstance(medium, Image.Image):
                items.append(store.add(medium, name=f"scene-{place}.png"))
                continue
            path = Path(folder) / f"clip-{place}.mp4"
            film_clip(path, medium)
            items.append(store.add(path.read_bytes(), name=path.name))
    return items
