"""The photo model with what only its training needs: the teacher's head, and two more temperatures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mm_agent.vision.families.photo_model import PhotoModel, PhotoTextModel, photo_config
from training.photo.config import ModelConfig, StageConfig, TrainConfig
from training.photo.maps import TowerBatch
from training.photo.teacher import DIMENSIONS, Teacher
from training.photo.tokenizer import MAX_LENGTH
from training.photo.views import SIDE

_SCALE, _BIAS = 15.0, -9.0
_CONTRAST = 3.0
_TOKEN_STD = 0.05
_HEAD_SIZE, _HEAD_DROPOUT = 768, 0.2
_TEACHER_SAMPLE = 20_000
_TEXTS_AT_ONCE = 128


class TeacherHead(nn.Module):
    """Sentence vectors (M, 384), standardised, to unit vectors (M, D) of the joint space."""

    mean: Tensor
    std: Tensor

    def __init__(self, size: int, teacher: Teacher | None) -> None:
        super().__init__()
        self.linear = nn.Linear(DIMENSIONS, size)
        self.mlp = nn.Sequential(
            nn.Linear(DIMENSIONS, _HEAD_SIZE),
            nn.GELU(),
            nn.Dropout(_HEAD_DROPOUT),
            nn.Linear(_HEAD_SIZE, size),
        )
        if teacher is not None:
            vectors = teacher.sample(_TEACHER_SAMPLE)
            self.register_buffer("mean", torch.from_numpy(vectors.mean(0)))
            self.register_buffer("std", torch.from_numpy(vectors.std(0)))

    def forward(self, vectors: Tensor) -> Tensor:
        standard = (vectors - self.mean) / self.std
        return F.normalize(self.linear(standard) + self.mlp(standard), dim=-1)


class Learner(nn.Module):
    """Unit vectors of images, texts and the teacher's texts.

    Attributes:
        model: what ships.
        teacher_head: learns from the images, and teaches the text tower.
        class_scale: log temperature of the names' cross-entropy.
        contrast_scale: log temperature of the captions' cross-entropy.
    """

    def __init__(
        self, config: TrainConfig, stage: StageConfig, pieces: Sequence[str], teacher: Teacher | None
    ) -> None:
        super().__init__()
        torch.manual_seed(config.seed)
        self.model = new_model(config.model)
        self._init_tokens(pieces, teacher)
        self.class_scale = nn.Parameter(torch.tensor(stage.class_scale))
        self.contrast_scale = nn.Parameter(torch.tensor(_CONTRAST))
        self.teacher_head = TeacherHead(config.model.hidden_size, teacher)

    @torch.no_grad()
    def _init_tokens(self, pieces: Sequence[str], teacher: Teacher | None) -> None:
        """Token embeddings start from the teacher's vectors of the pieces, on their main directions.

        They are small beside a step of AdamW, so that they move fast; layer norms follow anyway.
        """
        weight = self.model.text_model.token_embedding.weight  # (pieces, E)
        nn.init.normal_(weight, std=_TOKEN_STD)
        known = [] if teacher is None else [at for at, piece in enumerate(pieces) if piece in teacher]
        if teacher is None or len(known) < 2:
            return
        vectors = torch.from_numpy(teacher.vectors([pieces[at] for at in known]))  # (K, 384)
        vectors = vectors - vectors.mean(0)
        _, _, directions = torch.linalg.svd(vectors, full_matrices=False)
        main = vectors @ directions[: weight.shape[1]].T  # (K, E)
        weight[known, : main.shape[1]] = main * (_TOKEN_STD / main.std())

    def image_vectors(self, images: TowerBatch) -> Tensor:
        """(B, D) of stored maps."""
        vision = self.model.vision_model
        # No positions: a step sees some cells of the grid, and they stay at their initial zeros.
        maps = torch.cat([vision.embeddings.low_norm(images.low), images.head], dim=-1)
        vectors = vision.pooled(vision.embeddings.projection(maps)).pooler_output
        assert vectors is not None
        return F.normalize(vectors, dim=-1)

    def text_vectors(self, ids: Tensor) -> Tensor:
        """(M, D) of token ids (M, L)."""
        return text_vectors(self.model.text_model, ids)

    def logits(self, images: Tensor, texts: Tensor) -> Tensor:
        """(B, M) of unit vectors: SigLIP's scores."""
        return images @ texts.T * self.model.logit_scale.exp() + self.model.logit_bias

    def trained_parameters(self) -> list[nn.Parameter]:
        """All but the locked tower's."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def scalars(self) -> list[nn.Parameter]:
        """Scales and the bias."""
        return [self.model.logit_scale, self.model.logit_bias, self.class_scale, self.contrast_scale]


def text_vectors(tower: PhotoTextModel, ids: Tensor) -> Tensor:
    """Unit vectors (M, D) of token ids (M, L)."""
    order = (ids != 0).sum(1).argsort()  # alike lengths together: padding costs as much as words
    parts = [tower(ids[rows]).pooler_output for rows in order.split(_TEXTS_AT_ONCE)]
    return F.normalize(torch.cat(parts)[order.argsort()], dim=-1)


def new_model(config: ModelConfig) -> PhotoModel:
    """A new model, its tower locked, with a scale and bias of the sigmoid loss that suit many negatives."""
    model = PhotoModel(
        photo_config(
            hidden_size=config.hidden_size,
            vision_layers=config.vision_layers,
            heads=config.heads,
            vocab_size=config.vocabulary,
            text_size=config.text_size,
            text_layers=config.text_layers,
            text_heads=config.text_size // 64,
            max_length=MAX_LENGTH,
            image_size=SIDE,
            token_embedding_size=config.token_embedding_size,
        )
    )
    model.vision_model.embeddings.tower.requires_grad_(False)
    with torch.no_grad():
        model.logit_scale.fill_(math.log(_SCALE))
        model.logit_bias.fill_(_BIAS)
    return model
