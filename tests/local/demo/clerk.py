"""A chat model that knows a case's calls, makes them, and words what the tools found as it is told to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from mm_agent.local.demo.exam.case import THAT_REGION, Call, Case
from mm_agent.local.demo.exam.reading import things
from mm_agent.local.demo.kinds import across, answers, files, places, turns, videos
from mm_agent.local.demo.kinds.pictures import colour, fits
from mm_agent.local.demo.kinds.trouble import chat
from mm_agent.local.demo.looks import World
from mm_agent.local.demo.talk import Talk
from mm_agent.media.item import MediaItem
from mm_agent.projection.evidence import AnyEvidence, parse_evidence
from mm_agent.vision.vocabulary import concepts

Wording = Callable[[Case, list[AnyEvidence], list[str]], str]


class Clerk(BaseChatModel):
    """Right calls, and ``word`` makes the answer of the case, the evidence and the tools' texts."""

    case: Any
    word: Any

    @property
    def _llm_type(self) -> str:
        return "clerk"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        last = max(i for i, message in enumerate(messages) if isinstance(message, HumanMessage))
        asked = sum(isinstance(message, HumanMessage) for message in messages)
        found = [m for m in messages if isinstance(m, ToolMessage)]
        fresh = [m for m in messages[last:] if isinstance(m, ToolMessage)]
        leads = asked < len(self.case.questions)
        calls = _leading(self.case) if leads else self._calls(found)
        if calls and not fresh:
            made = [{"name": n, "args": a, "id": f"call-{asked}-{i}"} for i, (n, a) in enumerate(calls)]
            return _said(AIMessage(content="", tool_calls=made))
        evidence = [parse_evidence(m.artifact) for m in fresh if m.artifact]
        text = "Done." if leads else self.word(self.case, evidence, [str(m.text) for m in fresh])
        return _said(AIMessage(content=text))

    def _calls(self, found: list[ToolMessage]) -> Sequence[Call]:
        regions = [m.artifact["regions"] for m in found if m.artifact and m.artifact.get("regions")]
        that = regions[-1][0]["handle"] if regions else "img-1"
        return [
            (n, {k: that if v == THAT_REGION else v for k, v in args.items()}) for n, args in self.case.calls
        ]


def _said(message: AIMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=message)])


def _leading(case: Case) -> Sequence[Call]:
    """Where the first question's thing is."""
    (thing,) = things(case.questions[0], case.language)
    return [("locate", {"image": "img-1", "query": concepts()[thing].name(case.language)})]


def as_trained(case: Case, evidence: list[AnyEvidence], texts: list[str]) -> str:
    """The answer as the training dialogues word it, of real evidence."""
    if case.tool:
        returned = "返回：" if case.language == "zh" else "returned: "
        return f"{case.tool.name} {returned}{texts[0]}"
    items = [MediaItem(f"img-{n}", "image", str(n) * 64, 320, 320, "a.png") for n in (1, 2)]
    clip = MediaItem("vid-1", "video", "3" * 64, 256, 256, "a.mp4", duration=10.0)
    talk = Talk(World(np.random.default_rng(0), case.language, items=items, tool_language=case.language))
    if not evidence:
        chat(talk, None)
    for found in evidence:
        finds = dict.fromkeys(
            ("locations", "match", "region", "comparison", "moments", "timeline", "frames", "features",
             "feature_map", "labels", "count"),
            lambda *args, found=found, **kwargs: found,
        )  # fmt: skip
        with patch.multiple("mm_agent.local.demo.looks", **finds):
            _say(case, talk, found, items, clip)
    said = [t.message["content"] for t in talk.turns if t.learn and not t.message.get("tool_calls")]
    return "\n".join(said if len(evidence) > 1 else said[:1])


def _say(case: Case, talk: Talk, found: Any, items: list[MediaItem], clip: MediaItem) -> None:
    match found.kind:
        case "count":
            talk.answer(answers.count_answer(talk, found))
        case "labels" if found.exclusive:
            talk.answer(answers.which_answer(talk, found.labels[0], found.handle))
        case "labels" if case.kind in ("there", "not there"):
            talk.answer(answers.there_answer(talk, found))
        case "labels":
            talk.answer(answers.label_answer(talk, found))
        case "region" if case.kind == "colour":
            colour(talk, items[0])
        case "region":
            turns.look_closely(talk, found.handle, None)
        case "locations":
            places.where(talk, items[0])
        case "match":
            fits(talk, items[0])
        case "comparison":
            across.compare(talk, items[0])
        case "features":
            files.features(talk, items[0])
        case "feature_map":
            files.maps(talk, items[0])
        case "moments":
            videos.when(talk, clip)
        case "timeline":
            videos.happens(talk, clip)
        case "frames":
            videos.frames(talk, clip)
