"""The pictures and videos a conversation shows, as files every browser knows."""

from __future__ import annotations

import logging
import secrets
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mm_agent.errors import MediaError
from mm_agent.media.mentions import open_mention, saved_pictures
from mm_agent.media.outgoing import outgoing_picture
from mm_agent.serve.web.turn import Shown
from mm_agent.serve.web.words import Language, say, tool_title

if TYPE_CHECKING:
    from PIL import Image

    from mm_agent.agent.answer import ToolUse
    from mm_agent.media.item import MediaItem
    from mm_agent.media.store import MediaStore

log = logging.getLogger(__name__)

_VIDEOS = (".mp4", ".webm", ".mov", ".mkv", ".avi", ".m4v")
_LONGEST = 1280


class Gallery:
    """Puts files into a folder.

    Args:
        folder: Made when first needed; one visitor's alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def upload(self, item: MediaItem, file: Path, store: MediaStore) -> Shown:
        """An uploaded picture, or a still with its video."""
        words = f"{item.handle} {item.name}"
        if item.kind == "image":
            return self._picture(store.image(item.handle), words)
        suffix = file.suffix.lower()
        video = self._new_file(suffix if suffix in _VIDEOS else ".mp4")
        shutil.copyfile(file, video)
        return replace(self._picture(store.image(f"{item.handle}@0s"), words), video=video)

    def drawn(self, use: ToolUse, store: MediaStore, language: Language) -> list[Shown]:
        """The pictures a tool saved: heat maps with boxes, crops, contact sheets, timelines."""
        handles = " ".join(str(use.args[name]) for name in ("image", "video", "other") if use.args.get(name))
        words = say("drawn", language, tool=tool_title(use.name, language), handles=handles)
        try:
            mentions = saved_pictures(use.artifact, store)
            return [self._drawing(mention, words, store) for mention in mentions]
        except MediaError as error:
            log.warning("a tool's picture cannot be shown: %s", error)
            return []

    def _drawing(self, mention: str, words: str, store: MediaStore) -> Shown:
        """A saved picture; as it is, if it is small enough: to encode takes longer than to draw."""
        image = open_mention(store, mention)
        if max(image.size) > _LONGEST:
            return self._picture(image, words)
        return Shown(Path(shutil.copyfile(mention, self._new_file(".png"))), words)

    def _picture(self, image: Image.Image, words: str) -> Shown:
        encoded = outgoing_picture(image, longest=_LONGEST)
        path = self._new_file(".png" if encoded.mime_type == "image/png" else ".jpg")
        path.write_bytes(encoded.data)
        return Shown(path, words)

    def _new_file(self, suffix: str) -> Path:
        """A name nobody can guess; whose it is, is checked as well."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder / f"{secrets.token_hex(16)}{suffix}"
