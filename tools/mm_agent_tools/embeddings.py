"""SigLIP vectors as LangChain embeddings: texts and pictures in one space, for any vector store."""

from __future__ import annotations

import re

from langchain_core.embeddings import Embeddings
from langchain_core.runnables import run_in_executor
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from mm_agent.media.handles import looks_like_handle
from mm_agent.media.load import load_picture
from mm_agent.media.source import parse_source
from mm_agent.media.store import MediaStore
from mm_agent.vision.encoder import SiglipEncoder

_REFERENCE = re.compile(r"image:(\S.*)")
_AT_ONCE = 64


class SiglipEmbeddings(BaseModel, Embeddings):
    """Unit vectors of texts and pictures; their dot product orders pictures by how well a text fits.

    A document that is a reference (``image:`` and directly behind it a handle, path, address or data URI) is
    embedded as that picture, so that a vector store holds pictures as it holds texts. Two texts are alike on
    another scale than a text and a picture, so keep both kinds in stores of their own.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    encoder: SiglipEncoder = Field(description="What makes the vectors.")
    store: MediaStore = Field(description="Knows the handles; its resolve policy says what may be opened.")

    def embed_query(self, text: str) -> list[float]:
        """Embed what is searched for. For a picture use ``embed_image`` and search by vector."""
        return self.encoder.embed_texts(text).tolist()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed documents: references as pictures, all others as texts.

        Raises:
            MediaError: A reference leads nowhere, is refused or is no picture; the message names it.
        """
        pictures = {text: match[1] for text in texts if (match := _REFERENCE.fullmatch(text))}
        words = [text for text in dict.fromkeys(texts) if text not in pictures]
        vectors = dict(zip(words, self.encoder.embed_texts(words).tolist(), strict=True))
        vectors.update(zip(pictures, self.embed_image(list(pictures.values())), strict=True))
        return [list(vectors[text]) for text in texts]

    def embed_image(self, uris: list[str]) -> list[list[float]]:
        """Embed pictures: handles, or what the store's resolve policy allows. They get no handles.

        Raises:
            MediaError: As ``embed_documents``.
        """
        vectors: list[list[float]] = []
        for start in range(0, len(uris), _AT_ONCE):  # not all pictures in memory at once
            pictures = [self._open(uri) for uri in uris[start : start + _AT_ONCE]]
            vectors += self.encoder.embed_images(pictures).tolist()
        return vectors

    async def aembed_image(self, uris: list[str]) -> list[list[float]]:
        """The same as ``embed_image``, in a thread; ``aembed_query`` and ``aembed_documents`` do likewise."""
        return await run_in_executor(None, self.embed_image, uris)

    def _open(self, uri: str) -> Image.Image:
        if looks_like_handle(uri):
            return self.store.image(uri)
        return load_picture(parse_source(uri), self.store.resolve_policy).picture.image
