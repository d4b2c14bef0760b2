"""From a picture file to patch features, and a look at them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from torch import Tensor

from mm_agent.errors import MissingDependency, ShapeError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mm_agent.vision.tower import SiglipVisionTower


def extract_features_from_image(path: str | Path | Image.Image, tower: SiglipVisionTower) -> Tensor:
    """Patch features (1, 1, rows, cols, hidden) of one picture.

    Args:
        path: an image file, or a picture at hand.
        tower: the tower to look with.

    Raises:
        MediaNotFound, MediaDecodeError, MediaRefused: see `mm_agent.media`.
    """
    batch = tower.vision_processor(images=[_picture(path)], return_tensors="pt")
    return tower(batch["pixel_values"])


def show_feature_map(features: Tensor, *, save_to: str | Path | None = None) -> Figure:
    """Draws the mean over the channels of the first picture, patch by patch.

    A window opens where matplotlib has one; elsewhere (Agg) only the figure comes back.

    Args:
        features: (B, T, rows, cols, hidden) from a tower; the first picture and frame are drawn.
        save_to: image file to write as well.

    Raises:
        ShapeError: not five axes.
        MissingDependency: matplotlib is not installed.
    """
    if features.ndim != 5:
        raise ShapeError(
            f"features must be (B, T, rows, cols, hidden) as a tower gives them; got {tuple(features.shape)}"
        )
    plt = _pyplot()
    figure, axes = plt.subplots(figsize=(5, 4.4), layout="constrained")
    drawn = axes.imshow(features[0, 0].float().mean(-1).cpu().numpy(), cmap="inferno")
    axes.set(title="patch features, mean over channels", xlabel="patch column", ylabel="patch row")
    figure.colorbar(drawn, ax=axes)
    if save_to is not None:
        figure.savefig(save_to, dpi=150)
    if plt.get_backend().lower() in _interactive_backends():
        plt.show()
    return figure


def _picture(source: str | Path | Image.Image) -> Image.Image:
    from mm_agent.media import MediaStore

    if isinstance(source, Image.Image):
        return source.convert("RGB")
    store = MediaStore()
    return store.image(store.add(Path(source)).handle)


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingDependency("show_feature_map draws with matplotlib: pip install matplotlib") from error
    return plt


def _interactive_backends() -> set[str]:
    from matplotlib.backends.registry import BackendFilter, backend_registry

    return {name.lower() for name in backend_registry.list_builtin(BackendFilter.INTERACTIVE)}
