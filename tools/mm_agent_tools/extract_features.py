"""``extract_features``: a picture's feature vector or patch features, saved to a file."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

from langchain_core.tools import BaseTool
from safetensors.torch import save

from mm_agent.media.atomic import write_atomic
from mm_agent.media.store import MediaStore
from mm_agent.projection.evidence import FeatureEvidence, FeatureStats
from mm_agent.prompt_files import Language
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent_tools._inputs import open_picture
from mm_agent_tools._making import make_tool


def extract_features_tool(
    encoder: SiglipEncoder, store: MediaStore, *, language: Language = "en"
) -> BaseTool:
    """Make the tool ``extract_features`` for an encoder, a media store and the language of its text."""

    def extract_features(image: str, kind: Literal["pooled", "patch"] = "pooled") -> FeatureEvidence:
        """Save a picture's features to a safetensors file and return their shape and statistics.

        Use it only when features are asked for; the numbers themselves say nothing about the content.

        Args:
            image: Media handle of the picture, such as img-1, or of a region, such as img-1@40,60,220,300.
            kind: pooled for one vector of the whole picture, patch for a grid of rows x columns vectors.
        """
        look = open_picture(store, image)
        if kind == "pooled":
            features = encoder.embed_images(look.image)  # (D,)
        else:
            features = encoder.patch_features(look.image)[0]  # (rows, columns, hidden)
        # Named for what it holds, so that another picture, encoder or conversation cannot overwrite it.
        digest = sha256(f"{look.digest} {encoder.fingerprint}".encode()).hexdigest()[:12]
        path = store.artifact_dir / f"{kind}-{look.handle}-{digest}.safetensors"
        about = {"handle": look.handle, "encoder": encoder.fingerprint}
        write_atomic(path, save({kind: features.contiguous()}, metadata=about))
        return FeatureEvidence(
            handle=look.handle,
            encoder=encoder.fingerprint,
            notice=encoder.notice(language),
            features=kind,
            shape=tuple(features.shape),
            stats=FeatureStats(
                mean=features.mean().item(),
                std=features.std(correction=0).item(),
                low=features.min().item(),
                high=features.max().item(),
            ),
            path=path,
        )

    return make_tool(extract_features, language=language)
