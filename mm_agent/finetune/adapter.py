"""Tip-Adapter (Zhang et al. 2022, arXiv 2207.09519): a cache of labelled pictures, nothing trained.

A picture's logits are those of the label texts' head plus what the cached pictures say that look like it. Two
things differ from the paper, whose classes exclude each other: features are centred first, since mean-pooled
ones all point the same way, and a cached picture says yes or no to each label by how often that occurs.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mm_agent.finetune.finish import Trained
from mm_agent.finetune.linear import LinearHead, Scale
from mm_agent.finetune.metrics import mean_average_precision
from mm_agent.finetune.model import classifier_of
from mm_agent.finetune.prepared import Prepared
from mm_agent.finetune.rules import ClassifyRules
from mm_agent.vision.domain_head import TipCache
from mm_agent.vision.encoder import SiglipEncoder

WEIGHTS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
SHARPNESS = (1.0, 2.0, 4.0, 6.0, 9.0, 14.0)
"""Searched on the validation pictures, as in the paper."""


def build_cache(
    rules: ClassifyRules, prepared: Prepared, encoder: SiglipEncoder, head: LinearHead
) -> Trained:
    """Cache the training pictures, or `rules.shots` a label, over the label texts' head."""
    features, targets = prepared.of("train")
    rows = _shots(targets, rules.shots)
    scale = Scale.of(features)
    parts = {
        "keys": F.normalize(scale.apply(features[rows]), dim=-1),
        "values": _votes(targets[rows]),
        "centre": scale.centre,
        "spread": scale.spread,
    }
    held, truth = prepared.of("validation")
    best, found = -1.0, torch.zeros(2)
    for weight in WEIGHTS:
        for sharpness in SHARPNESS:
            strength = torch.tensor([weight, sharpness])
            value = mean_average_precision(_logits(head, parts, strength, held), truth)
            if value > best:
                best, found = value, strength
    logits = _logits(head, parts, found, prepared.features.mean)
    settings = {"pictures kept": len(rows), "weight": found[0].item(), "sharpness": found[1].item()}
    return Trained(classifier_of(encoder, head), logits, settings, cache=parts | {"strength": found})


def _logits(head: LinearHead, parts: dict[str, Tensor], strength: Tensor, features: Tensor) -> Tensor:
    return head(features) + TipCache(parts | {"strength": strength})(features)


def _shots(targets: Tensor, shots: int | None) -> Tensor:
    """The first rows that show each label `shots` times; all rows for None. A row may count for several."""
    if shots is None:
        return torch.arange(len(targets))
    chosen: list[int] = []
    counts = torch.zeros(targets.shape[1], dtype=torch.long)
    for row, own in enumerate(targets):
        if ((own > 0) & (counts < shots)).any():
            chosen.append(row)
            counts += own
    return torch.tensor(chosen)


def _votes(targets: Tensor) -> Tensor:
    """What each row says about each label, (K, M): yes and no votes, each kind summing to one."""
    yes = targets.float()
    no = 1 - yes
    return yes / yes.sum(0).clamp_min(1) - no / no.sum(0).clamp_min(1)
