"""A person's turn as a message: what they ask, and which media there are, by handle.

The message's text is what a language model reads. The same facts travel as data in ``additional_kwargs``,
for the offline planner, which cannot read prose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from langchain_core.messages import BaseMessage, HumanMessage

from mm_agent.prompt_files import Language, detect_language, render

if TYPE_CHECKING:
    from mm_agent.media.store import MediaItem

DATA_KEY = "mm_agent"
_NAME_LENGTH = 80
_HANDLE = re.compile(r"\b(img|vid)-\d+\b", re.ASCII)
_PICTURE_PATH = re.compile(
    r"(?:https?://|file://)?[^\s\"'<>，。？]+\.(?:png|jpe?g|webp|gif|bmp|tiff?)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Medium:
    """A picture or clip as a conversation knows it; width and height in pixels, 0 when unknown."""

    handle: str
    kind: Literal["image", "video"]
    name: str
    width: int
    height: int
    seconds: float | None = None


def user_message(question: str, items: Sequence[MediaItem] = ()) -> HumanMessage:
    """Put a question and the conversation's media into one message, worded in the question's language."""
    media = [
        Medium(item.handle, item.kind, _clean(item.name), item.width, item.height, item.duration)
        for item in items
    ]
    return _message(question, media)


def with_media(message: BaseMessage, media: Sequence[Medium]) -> HumanMessage:
    """The same question with another list of media."""
    return _message(question_of(message), media).model_copy(update={"id": message.id})


def _message(question: str, media: Sequence[Medium]) -> HumanMessage:
    data = {"question": question, "media": [asdict(medium) for medium in media]}
    if not media:
        return HumanMessage(content=question, additional_kwargs={DATA_KEY: data})
    language = detect_language(question)
    listing = "\n".join(_line(medium, language) for medium in media)
    text = render("agent_media/message", language, media=listing, question=question)
    return HumanMessage(content=text, additional_kwargs={DATA_KEY: data})


def _line(medium: Medium, language: Language) -> str:
    """One medium as the model reads it."""
    values = {"handle": medium.handle, "name": medium.name}
    values |= {"width": str(medium.width), "height": str(medium.height)}
    if medium.kind == "video":
        values["seconds"] = f"{medium.seconds or 0:.1f}"
    return render(f"agent_media/{medium.kind}", language, **values)


def question_of(message: BaseMessage) -> str:
    """What was asked: without the list of media."""
    data = message.additional_kwargs.get(DATA_KEY)
    return data["question"] if isinstance(data, dict) else str(message.text)


def media_of(message: BaseMessage) -> tuple[Medium, ...]:
    """The media a message lists; in a message not made here, the handles, paths and addresses in its text."""
    data = message.additional_kwargs.get(DATA_KEY)
    if isinstance(data, dict):
        return tuple(Medium(**entry) for entry in data["media"])
    text = str(message.text)
    found = [match.group() for match in (*_HANDLE.finditer(text), *_PICTURE_PATH.finditer(text))]
    return tuple(
        Medium(ref, "video" if ref.startswith("vid-") else "image", ref.rsplit("/", 1)[-1], 0, 0)
        for ref in dict.fromkeys(found)
    )


def _clean(name: str) -> str:
    """A file name on one line, cut short: it is data from outside and must not look like instructions."""
    line = " ".join("".join(char if char.isprintable() else " " for char in name).split())
    return line.replace('"', "'")[:_NAME_LENGTH]
