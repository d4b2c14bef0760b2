"""What happens to words before they reach the text tower, in one place, per family.

| family | lower case | ASCII punctuation | padding |
|---|---|---|---|
| siglip, demo | yes | removed (big_vision's canonicalisation) | to max_length |
| photo | yes | removed, and the full-width and typographic marks of Chinese texts | to max_length |
| siglip2, naflex | yes (trained on lower-cased text) | kept | to max_length |
| clip | yes | kept | to max_length (causal: what follows the end token has no say) |

The length is the checkpoint's own ``max_position_embeddings`` (64 for the published SigLIP checkpoints).
Padding always goes on the right and without an attention mask, as in training: the text vector is read at
the last position, or, for photo, is a mean that leaves padding out.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mm_agent.errors import VisionError
from mm_agent.vision.card import Language

if TYPE_CHECKING:
    from torch import Tensor

    from mm_agent.vision.checkpoints import Checkpoint

PHOTO_TEMPLATES: dict[Language, tuple[str, ...]] = {
    "en": ("This is a photo of {label}.",),  # the transformers pipeline's
    "zh": ("这是一张{label}的照片。",),
}
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_NO_CHINESE_PUNCTUATION = str.maketrans("", "", string.punctuation + "，。！？、；：“”‘’（）《》…—·")


@dataclass(frozen=True)
class TextRules:
    """How one checkpoint wants its text.

    Attributes:
        family: the checkpoint family the rules were made for.
        lower_case: whether text is lower-cased.
        strip_punctuation: whether ASCII punctuation is removed, and for photo that of Chinese texts.
        max_length: tokens every text is padded and cut to.
        templates: default caption templates by language; several make an ensemble.
        count_templates: the same for counted nouns ("2 cats").
    """

    family: str
    lower_case: bool
    strip_punctuation: bool
    max_length: int
    templates: dict[Language, tuple[str, ...]]
    count_templates: dict[Language, tuple[str, ...]]

    def canonicalise(self, text: str) -> str:
        """One spelling per meaning: case, punctuation and white space as in training."""
        if self.lower_case:
            text = text.lower()
        if self.strip_punctuation:
            text = text.translate(_NO_CHINESE_PUNCTUATION if self.family == "photo" else _NO_PUNCTUATION)
        return re.sub(r"\s+", " ", text).strip()

    def signature(self) -> str:
        """The rules that change a text's vector, as a stable string for the fingerprint.

        Templates stay out: they are chosen per call and change no vector of the same words.
        """
        rules = {key: value for key, value in asdict(self).items() if not key.endswith("templates")}
        return json.dumps(rules, sort_keys=True)

    def tokenize(self, tokenizer: Any, texts: Sequence[str]) -> Tensor:
        """Token ids (M, max_length) of canonical `texts`."""
        encoded = tokenizer(
            list(texts),
            padding="max_length",
            padding_side="right",
            truncation=True,
            max_length=self.max_length,
            return_tensors="pt",
        )
        return encoded["input_ids"]


def rules_for(checkpoint: Checkpoint, max_length: int) -> TextRules:
    """The text rules of `checkpoint`, whose text tower reads `max_length` tokens."""
    family, card = checkpoint.family, checkpoint.card
    templates = PHOTO_TEMPLATES | card.templates
    return TextRules(
        family=family,
        lower_case=True,
        strip_punctuation=family in ("siglip", "photo", "demo"),
        max_length=max_length,
        templates=templates,
        count_templates=templates | card.count_templates,
    )


def fill(template: str, label: str) -> str:
    """`template` with its ``{label}`` (or ``{}``) replaced.

    Raises:
        VisionError: the template has no place for the label.
    """
    for place in ("{label}", "{}"):
        if place in template:
            return template.replace(place, label)
    raise VisionError(f"template {template!r} has no place for the label; write it as 'a photo of {{label}}'")
