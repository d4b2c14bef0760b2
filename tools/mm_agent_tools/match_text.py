"""``match_text``: how well sentences fit a picture."""

from __future__ import annotations

from langchain_core.tools import BaseTool

from mm_agent.errors import ToolInputError
from mm_agent.media.store import MediaStore
from mm_agent.projection.evidence import MatchEvidence, TextScore
from mm_agent.prompt_files import Language
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent_tools._inputs import open_picture
from mm_agent_tools._making import make_tool

MAX_TEXTS = 50
MAX_CHARACTERS = 300


def match_text_tool(encoder: SiglipEncoder, store: MediaStore, *, language: Language = "en") -> BaseTool:
    """Make the tool ``match_text`` for an encoder, a media store and the language of its text."""

    def match_text(image: str, texts: list[str]) -> MatchEvidence:
        """Score how well each sentence describes a picture, from 0 to 1, best first.

        Use it to check a statement, or to choose between captions. Compare the scores with each other: write
        the alternatives in the same words except for what differs, such as "a photo of 2 cats" and
        "a photo of 3 cats".

        Args:
            image: Media handle of the picture, such as img-1, or of a region, such as img-1@40,60,220,300.
            texts: 1 to 50 short sentences in English or Chinese.
        """
        look = open_picture(store, image)
        sentences = _checked(texts, encoder)
        shared, threshold = encoder.score_mode == "softmax", encoder.presence_threshold
        if shared and len(sentences) < 2:
            raise ToolInputError("this encoder only compares texts with each other; give at least two")
        scores = encoder.score(look.image, sentences)[0].tolist()  # (M,)
        ranked = sorted(zip(sentences, scores, strict=True), key=lambda pair: -pair[1])
        return MatchEvidence(
            handle=look.item.handle,
            encoder=encoder.fingerprint,
            notice=encoder.notice(language),
            texts=tuple(
                TextScore(text=text, score=score, fits=None if shared else score >= threshold)
                for text, score in ranked
            ),
            exclusive=shared,
        )

    return make_tool(match_text, language=language)


def _checked(texts: list[str], encoder: SiglipEncoder) -> list[str]:
    """Return the sentences, each once; refuse what the encoder would silently cut off."""
    sentences = list(dict.fromkeys(" ".join(text.split()) for text in texts))
    if not 1 <= len(texts) <= MAX_TEXTS or not all(sentences):
        raise ToolInputError(f"texts must be 1 to {MAX_TEXTS} sentences, none empty; got {len(texts)}")
    for sentence in sentences:
        if len(sentence) > MAX_CHARACTERS:
            raise ToolInputError(f"a text has {len(sentence)} characters; use at most {MAX_CHARACTERS}")
        tokens = len(encoder.tokenizer(encoder.rules.canonicalise(sentence))["input_ids"])
        if tokens > encoder.rules.max_length:
            raise ToolInputError(
                f"'{sentence[:40]}...' has {tokens} tokens, the encoder reads {encoder.rules.max_length}; "
                "shorten it or split it into several texts"
            )
    return sentences
