"""What an encoder says about itself: family, sizes, thresholds, templates, fingerprint."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from mm_agent.vision.card import Language
from mm_agent.vision.checkpoints import Checkpoint, Family
from mm_agent.vision.families.base import Backbone, ScoreMode, as_pair
from mm_agent.vision.fingerprint import fingerprint
from mm_agent.vision.tag_priors import TagPriors, read_tag_priors
from mm_agent.vision.text_rules import TextRules
from mm_agent.vision.vocabulary import Concept, Vocabulary, stickers, world

# The learned bias is conservative: SigLIP's own right answers often score 0.1 to 0.5, wrong ones under 0.01.
# A checkpoint with a fitted threshold says so in its card.
_SIGMOID_PRESENT = 0.05
_SOFTMAX_PRESENT = 0.5  # more likely than all the other labels together


class EncoderFacts:
    """The read-only side of `SiglipEncoder`."""

    checkpoint: Checkpoint
    backbone: Backbone
    rules: TextRules

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever the vectors would: weights, tokenizer, preprocessing, text rules."""
        processor = self.image_processor.to_dict()
        return fingerprint(self.checkpoint.weights, self.checkpoint.path, processor, self.rules.signature())

    def notice(self, language: Language = "en") -> str | None:
        """One honest line about what these weights do not know, or None."""
        return self.checkpoint.card.notice.get(language)

    def default_templates(self, language: Language = "en") -> tuple[str, ...]:
        """The caption templates labels go into when nobody says otherwise."""
        return self.rules.templates[language]

    @property
    def presence_threshold(self) -> float:
        """Probability, in the family's own score mode, from which a label counts as present."""
        default = _SIGMOID_PRESENT if self.score_mode == "sigmoid" else _SOFTMAX_PRESENT
        return self.checkpoint.card.presence_threshold or default

    @property
    def absence_threshold(self) -> float:
        """Probability below which a label is absent; from here to `presence_threshold` nobody can tell."""
        return min(self.checkpoint.card.absence_threshold or self.presence_threshold, self.presence_threshold)

    @property
    def counts(self) -> bool:
        """Whether these weights learned numbers."""
        return self.checkpoint.card.counts

    @property
    def tag_threshold(self) -> float:
        """The same for labels nobody asked about, as when the whole vocabulary is tried on a picture.

        A thing that is asked about is there more often than one of hundreds tried in turn, so that the cut
        for a question lets many look-alikes through as tags.
        """
        return self.checkpoint.card.tag_threshold or self.presence_threshold

    @property
    def vocabulary(self) -> Vocabulary:
        """The built-in names that tags come from.

        CLIP's scores are shares that a label and its hypernyms would take from each other, so it gets the
        short flat list.
        """
        default = "world" if self.score_mode == "sigmoid" else "stickers"
        return stickers() if (self.checkpoint.card.vocabulary or default) == "stickers" else world()

    @cached_property
    def tag_priors(self) -> TagPriors | None:
        """What names that nobody asked about get added, or None."""
        return read_tag_priors(self.checkpoint.path)

    def tag_logits(self, concepts: Sequence[Concept], logits: Tensor) -> Tensor:
        """Log-odds (..., M) of `concepts` as tags, for `tag_threshold`, from their logits (..., M)."""
        return logits if self.tag_priors is None else self.tag_priors.adjust(concepts, logits)

    @property
    def family(self) -> Family:
        """siglip, siglip2, naflex, clip, photo or demo."""
        return self.checkpoint.family

    @property
    def score_mode(self) -> ScoreMode:
        """How the family was trained to be scored."""
        return self.backbone.score_mode

    @property
    def grid(self) -> tuple[int, int]:
        """Patch rows and columns; for NaFlex the trained grid, see `SiglipEncoder.grid_for`."""
        return self.backbone.grid

    @property
    def image_size(self) -> tuple[int, int]:
        """Height and width in pixels that the patch grid covers."""
        down, across = as_pair(self.model.config.vision_config.patch_size)
        return self.grid[0] * down, self.grid[1] * across

    @property
    def hidden_size(self) -> int:
        """Width of a patch feature."""
        return self.backbone.hidden_size

    @property
    def embed_dim(self) -> int:
        """Width of a pooled vector."""
        return self.backbone.embed_dim

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.model.device

    @property
    def dtype(self) -> torch.dtype:
        """The model's number type; results are float32 all the same."""
        return self.model.dtype

    @property
    def attn(self) -> str:
        """The attention kernel in use."""
        return self.backbone.attn

    @property
    def model(self) -> Any:
        """The transformers model."""
        return self.backbone.model

    @property
    def image_processor(self) -> Any:
        """The transformers image processor."""
        return self.backbone.image_processor

    @property
    def tokenizer(self) -> Any:
        """The transformers tokenizer."""
        return self.backbone.tokenizer
