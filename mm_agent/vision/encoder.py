"""SiglipEncoder: pictures and texts to vectors and scores, patches and regions to features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from mm_agent.errors import SettingsError, ShapeError, VisionError
from mm_agent.vision.caches import DiskTensors
from mm_agent.vision.checkpoints import Checkpoint, resolve_checkpoint
from mm_agent.vision.clips.embedding import ClipEmbedder
from mm_agent.vision.clips.features import ClipFeatures, ClipSampling
from mm_agent.vision.encoder_facts import EncoderFacts
from mm_agent.vision.families import Backbone, ScoreMode, load_backbone
from mm_agent.vision.families.base import Inputs
from mm_agent.vision.features import PictureFeatures, Summary
from mm_agent.vision.hardware import choose_cores
from mm_agent.vision.stored_texts import StoredTexts
from mm_agent.vision.text_rules import rules_for
from mm_agent.vision.text_vectors import TextVectors
from mm_agent.vision.worker import Worker

if TYPE_CHECKING:
    from mm_agent.media.video import Video

Images = Image.Image | Sequence[Image.Image]
Texts = str | Sequence[str]
Key = TypeVar("Key")


class SiglipEncoder(EncoderFacts):
    """A SigLIP (or CLIP) checkpoint ready to look; safe to share between threads.

    Vectors come back as float32 on the CPU, of unit length unless asked otherwise. Text vectors are cached
    by their canonical text, picture features by their pixels; what several threads ask for at the same time
    is computed in one batch. `EncoderFacts` holds the properties.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        backbone: Backbone,
        *,
        cache_dir: Path | None = None,
        batch_size: int = 8,
    ) -> None:
        self.checkpoint = checkpoint
        self.backbone = backbone
        self.rules = rules_for(checkpoint, backbone.max_length)
        self._cache_dir = cache_dir
        self._worker = Worker(
            choose_cores(self.device, parameters=backbone.model.num_parameters()),
            side_by_side=self.device.type == "cpu",
        )
        open_disk = None if cache_dir is None else lambda: self._disk
        stored = StoredTexts(checkpoint.path, lambda: self.fingerprint)
        self._texts = TextVectors(
            backbone, self.rules, worker=self._worker, stored=stored, open_disk=open_disk
        )
        self._features = PictureFeatures(
            backbone, batch_size=batch_size, worker=self._worker, open_disk=open_disk
        )
        self._clips = ClipEmbedder(
            self._features.passing, batch_size=batch_size, side=max(self.image_size), open_disk=open_disk
        )

    @classmethod
    def from_pretrained(
        cls,
        spec: str | Path = "photo",
        *,
        device: str = "auto",
        dtype: str = "auto",
        attn: str = "auto",
        cache_dir: Path | None = None,
        batch_size: int | None = None,
    ) -> SiglipEncoder:
        """Loads a checkpoint.

        Args:
            spec: ``photo``, ``demo``, an alias, ``hub:owner/name``, ``owner/name`` or a local folder.
            device: auto, cpu, cuda, cuda:N or mps.
            dtype: auto (bfloat16 where it is fast, float32 for photo), bfloat16, float16 or float32.
            attn: auto (sdpa), sdpa, eager or flash_attention_2/3/4.
            cache_dir: folder for vectors of images and of the vocabulary that outlive the process; None keeps
                them in memory only.
            batch_size: pictures a micro-batch; None takes 8 on a CPU and 64 on an accelerator.

        Raises:
            CheckpointError, SettingsError, MissingDependency: one line each, with the remedy.
        """
        if batch_size is not None and batch_size < 1:
            raise SettingsError(f"batch_size is {batch_size}; use 1 or more")
        checkpoint = resolve_checkpoint(str(spec))
        backbone = load_backbone(checkpoint, device=device, dtype=dtype, attn=attn)
        default = 8 if backbone.model.device.type == "cpu" else 64
        return cls(checkpoint, backbone, cache_dir=cache_dir, batch_size=batch_size or default)

    def embed_images(self, images: Images, *, normalize: bool = True) -> Tensor:
        """Picture vectors (N, D); a single picture gives (D,)."""
        rows = self._features.pooled(_pictures(images))
        vectors = _finish(torch.stack(rows) if rows else torch.empty(0, self.embed_dim), normalize)
        return vectors[0] if isinstance(images, Image.Image) else vectors

    def preprocess(self, image: Image.Image) -> Inputs:
        """A picture as the vision tower takes it, for `summaries`."""
        return self.backbone.preprocess(_pictures(image))

    def summaries(self, pictures: Iterable[tuple[Key, Inputs]]) -> Iterator[tuple[Key, Summary]]:
        """Pooled and mean features of many pictures: the fastest way, and nothing is kept.

        Args:
            pictures: preprocessed pictures with a name of your own for each; taken a few batches ahead of
                the results, so that a generator holds few of them at a time.

        Returns:
            The names with their pictures' vectors, in the same order.
        """
        return self._features.summaries(pictures)

    def embed_clip(self, video: Video, digest: str, sampling: ClipSampling | None = None) -> ClipFeatures:
        """Vectors of a video's sampled frames with their times; the same clip again decodes nothing.

        Args:
            video: an open video.
            digest: what its content is known by in a store, ``MediaItem.sha256``.
            sampling: how densely to look; None: two frames a second, fewer in long videos.

        Raises:
            MediaError: the video cannot be decoded.
        """
        return self._clips.embed(video, digest, sampling or ClipSampling())

    def embed_texts(
        self, texts: Texts, *, templates: Sequence[str] | None = None, normalize: bool = True
    ) -> Tensor:
        """Text vectors (M, D); a single text gives (D,).

        Args:
            texts: sentences, or labels to put into `templates`.
            templates: caption templates with ``{label}``; several make an ensemble (the mean of unit
                vectors, as in the published evaluations). None takes the texts as they are.
            normalize: whether to return unit vectors.
        """
        words = (texts,) if isinstance(texts, str) else tuple(texts)
        rows = self._texts.embed(words, templates) if words else torch.empty(0, self.embed_dim)
        vectors = _finish(rows, normalize)
        return vectors[0] if isinstance(texts, str) else vectors

    def logits(self, images: Images, texts: Texts, *, templates: Sequence[str] | None = None) -> Tensor:
        """cos · exp(scale) + bias for every pair, (N, M): transformers' ``logits_per_image``."""
        pictures = torch.atleast_2d(self.embed_images(images))  # (N, D)
        words = torch.atleast_2d(self.embed_texts(texts, templates=templates))  # (M, D)
        return self.logits_of(pictures, words)

    def logits_of(self, image_vectors: Tensor, text_vectors: Tensor) -> Tensor:
        """The same, (N, M), from unit vectors (N, D) and (M, D) computed before."""
        scale, bias = self._scale_and_bias
        return image_vectors @ text_vectors.T * scale + bias

    def score(
        self,
        images: Images,
        texts: Texts,
        *,
        mode: ScoreMode | None = None,
        templates: Sequence[str] | None = None,
    ) -> Tensor:
        """Probabilities (N, M).

        Args:
            images: one picture or several.
            texts: one text or several.
            mode: sigmoid (each pair on its own), softmax (the texts exclude each other), or None for the
                family's own: sigmoid for SigLIP, softmax for CLIP.
            templates: see `embed_texts`.

        Raises:
            VisionError: sigmoid from a family that learned no bias (CLIP).
        """
        mode = mode or self.score_mode
        if mode == "sigmoid" and self.score_mode != "sigmoid":
            raise VisionError(f"a {self.family} checkpoint has no sigmoid probabilities; use mode='softmax'")
        if mode not in ("sigmoid", "softmax"):
            raise VisionError(f"score mode {mode!r} does not exist; use sigmoid or softmax")
        logits = self.logits(images, texts, templates=templates)
        return logits.sigmoid() if mode == "sigmoid" else logits.softmax(dim=-1)

    def patch_features(self, images: Images, *, layer: int = -1, post_norm: bool = True) -> Tensor:
        """Patch features (N, rows, cols, hidden), float32; a single picture gives N = 1.

        Args:
            images: one picture or several.
            layer: as in transformers' hidden_states: -1 the last block, -2 the one before, 0 the embedding.
            post_norm: whether the tower's final layer norm follows (PaliGemma and nanoVLM take the last
                layer with it, LLaVA layer -2 without).

        Raises:
            ShapeError: no such layer, or NaFlex pictures of different shapes: use `patch_grids` for these.
        """
        grids = self.patch_grids(images, layer=layer, post_norm=post_norm)
        shapes = sorted({tuple(grid.shape[:2]) for grid in grids})
        if len(shapes) > 1:
            raise ShapeError(
                f"the pictures have different patch grids {shapes}; use patch_grids for one tensor each"
            )
        return torch.stack(grids) if grids else torch.empty(0, *self.grid, self.hidden_size)

    def patch_grids(self, images: Images, *, layer: int = -1, post_norm: bool = True) -> list[Tensor]:
        """Patch features picture by picture, each (rows, cols, hidden), without NaFlex padding."""
        pictures = _pictures(images)
        if layer == -1 and post_norm:
            return [grid.clone() for grid in self._features.patches(pictures)]
        return [grid.clone() for grid in self._features.layer(pictures, layer, post_norm=post_norm)]

    def grid_for(self, image: Image.Image) -> tuple[int, int]:
        """Patch rows and columns of this picture; differs from `grid` for NaFlex only."""
        return self.backbone.grid_for(image)

    def embed_regions(self, image: Image.Image, masks: Tensor, *, normalize: bool = True) -> Tensor:
        """Vectors (R, D) of parts of a picture: the MAP head under patch masks (TextRegion, arXiv
        2505.23769).

        Args:
            image: one picture.
            masks: (R, rows, cols) bool, True on the patches of each region.
            normalize: whether to return unit vectors.

        Raises:
            ShapeError: the masks do not fit the picture's patch grid, or one is empty.
            VisionError: the family has no MAP head (CLIP).
        """
        (grid,) = self._features.patches(_pictures(image))  # (rows, cols, hidden)
        _check_masks(masks, tuple(grid.shape[:2]))

        def pool() -> Tensor:
            tokens = grid.flatten(0, 1).to(device=self.device, dtype=self.dtype)  # (rows · cols, hidden)
            return self.backbone.pool_regions(tokens, masks.flatten(1).to(self.device)).float().cpu()

        return _finish(self._worker.run(pool), normalize)

    def attention_gradients(self, image: Image.Image, words: Tensor) -> Tensor:
        """How the cosines with text vectors `words` (M, D) grow with the MAP head's attention to patches.

        The head reads the patches after each of the L blocks, first to last, as LeGrad (arXiv 2404.03214) has
        it; one pass through the tower a call. Gives (M, L, heads, rows, cols).

        Raises:
            VisionError: the family has no MAP head (CLIP).
        """
        (picture,) = _pictures(image)
        layers = self._features.layers(picture)  # (L, rows, cols, hidden)

        def pull() -> Tensor:
            tokens = layers.flatten(1, 2).to(device=self.device, dtype=self.dtype)
            return self.backbone.pool_gradients(tokens, words.to(self.device)).cpu()

        return self._worker.run(pull).clone().unflatten(-1, layers.shape[1:3])

    @cached_property
    def _disk(self) -> DiskTensors:
        assert self._cache_dir is not None
        return DiskTensors(self._cache_dir, self.fingerprint, str(self.dtype).removeprefix("torch."))

    @cached_property
    def _scale_and_bias(self) -> tuple[Tensor, Tensor]:
        return self.backbone.scale, self.backbone.bias


def _pictures(images: Images) -> list[Image.Image]:
    pictures = [images] if isinstance(images, Image.Image) else list(images)
    for picture in pictures:
        if not isinstance(picture, Image.Image):
            raise ShapeError(
                f"expected PIL images, got {type(picture).__name__}; decode it with mm_agent.media first"
            )
    return [picture if picture.mode == "RGB" else picture.convert("RGB") for picture in pictures]


def _finish(vectors: Tensor, normalize: bool) -> Tensor:
    """A tensor that shares no memory with a cache and is no inference tensor: heads train on these."""
    return F.normalize(vectors, dim=-1) if normalize else vectors.clone()


def _check_masks(masks: Tensor, grid: tuple[int, ...]) -> None:
    if masks.ndim != 3 or tuple(masks.shape[1:]) != grid or masks.dtype != torch.bool:
        got = f"{masks.dtype} {tuple(masks.shape)}"
        raise ShapeError(
            f"masks must be bool (R, {grid[0]}, {grid[1]}), this picture's patch grid; got {got}"
        )
    empty = (~masks.flatten(1).any(1)).nonzero().flatten().tolist()
    if empty:
        raise ShapeError(f"region {empty[0]} covers no patch; every mask needs at least one True")
