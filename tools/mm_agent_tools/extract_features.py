"""``extract_features``: the vector or patch features of a picture or of a video's frames, saved to a file."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

from langchain_core.tools import BaseTool
from PIL import Image
from safetensors.torch import save
from torch import Tensor

from mm_agent.media.atomic import write_atomic
from mm_agent.media.store import MediaStore
from mm_agent.media.video import Video
from mm_agent.projection.evidence import FeatureEvidence, FeatureStats
from mm_agent.prompt_files import Language
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent_tools._clips import Watch, open_media
from mm_agent_tools._making import make_tool

MOST_FRAMES = 16


def extract_features_tool(
    encoder: SiglipEncoder, store: MediaStore, *, language: Language = "en"
) -> BaseTool:
    """Make the tool ``extract_features`` for an encoder, a media store and the language of its text."""

    def extract_features(image: str, kind: Literal["pooled", "patch"] = "pooled") -> FeatureEvidence:
        """Save the features of a picture, or of a video's frames, to a safetensors file; return their shape.

        Use it only when features are asked for; the numbers themselves say nothing about the content.

        Args:
            image: Media handle of a picture, such as img-1, of a region, such as img-1@40,60,220,300, or of a
                video, such as vid-1: then up to 16 frames are taken, spread evenly.
            kind: pooled for one vector of the whole picture, patch for a grid of rows x columns vectors.
        """
        look = open_media(store, image)
        if isinstance(look, Watch):
            frames = _spread(look.video)
            features = _features(encoder, list(frames.values()), kind)  # (T, ...)
            about, times = {"seconds": " ".join(map(str, frames))}, tuple(frames)
        else:
            features, about, times = _features(encoder, [look.image], kind)[0], {}, ()
        # Named for what it holds, so that another picture, encoder or conversation cannot overwrite it.
        digest = sha256(f"{look.item.sha256} {encoder.fingerprint}".encode()).hexdigest()[:12]
        path = store.artifact_dir / f"{kind}-{look.item.handle}-{digest}.safetensors"
        about |= {"handle": look.item.handle, "encoder": encoder.fingerprint}
        write_atomic(path, save({kind: features.contiguous()}, metadata=about))
        return FeatureEvidence(
            handle=look.item.handle,
            encoder=encoder.fingerprint,
            notice=encoder.notice(language),
            features=kind,
            shape=tuple(features.shape),
            times=times,
            stats=FeatureStats(
                mean=features.mean().item(),
                std=features.std(correction=0).item(),
                low=features.min().item(),
                high=features.max().item(),
            ),
            path=path,
        )

    return make_tool(extract_features, language=language)


def _features(
    encoder: SiglipEncoder, pictures: list[Image.Image], kind: Literal["pooled", "patch"]
) -> Tensor:
    """(N, D) vectors or (N, rows, columns, hidden) patches."""
    return encoder.embed_images(pictures) if kind == "pooled" else encoder.patch_features(pictures)


def _spread(video: Video) -> dict[float, Image.Image]:
    """Up to `MOST_FRAMES` frames by their seconds, spread evenly over a video."""
    times = [video.info.duration * (step + 0.5) / MOST_FRAMES for step in range(MOST_FRAMES)]
    return {frame.seconds: frame.image for frame in video.at(times)}
