"""A domain head as ONNX and as OpenVINO's IR: pixels to calibrated probabilities, checked against torch.

FOLDER/model.onnx
FOLDER/model.xml, model.bin     OpenVINO's, where it is installed
FOLDER/head.json, preprocessor_config.json
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from mm_agent.errors import FinetuneError, MissingDependency
from mm_agent.media.atomic import atomic_folder
from mm_agent.vision.domain_head import HEAD_FILE, DomainHead

Format = Literal["onnx", "openvino"]
TOLERANCE = 1e-3
"""Largest difference of a probability from torch's."""
_CHECKED = 4


class _Answer(nn.Module):
    """The head with its calibration."""

    def __init__(self, head: DomainHead) -> None:
        super().__init__()
        self.net, self._exclusive = head.net, head.config.exclusive
        self.register_buffer("slopes", torch.tensor(head.config.slopes))
        self.register_buffer("shifts", torch.tensor(head.config.shifts))

    def forward(self, pixel_values: Tensor) -> Tensor:
        scaled = self.net(pixel_values) * self.slopes + self.shifts
        return scaled.softmax(-1) if self._exclusive else scaled.sigmoid()


def export_head(head: DomainHead, out: Path, formats: tuple[Format, ...]) -> dict[str, float]:
    """Write the exported head, whole or not at all.

    Args:
        head: loaded on the CPU.
        out: a new folder.
        formats: what to write.

    Returns:
        The largest difference from torch's probabilities, by format.

    Raises:
        FinetuneError: `out` is there already, or an export answers otherwise than torch.
        MissingDependency: a format's package is not installed.
    """
    if out.exists():
        raise FinetuneError(f"{out} is there already; choose another --out")
    model = _Answer(head).eval()
    pixels = _pixels(head)
    with torch.inference_mode():
        expected = model(pixels).numpy()
    found: dict[str, float] = {}
    with atomic_folder(out) as draft:
        for kind in formats:
            run = _WRITE[kind](model, pixels, draft)
            answers = [run(pixels.numpy()), np.concatenate([run(row[None]) for row in pixels.numpy()])]
            found[kind] = max(float(np.abs(answer - expected).max()) for answer in answers)
            if not found[kind] <= TOLERANCE:
                raise FinetuneError(
                    f"the {kind} export differs from torch by {found[kind]:.2g}, more than {TOLERANCE:g}; "
                    "nothing was written"
                )
        for name in (HEAD_FILE, "preprocessor_config.json"):
            shutil.copyfile(head.folder / name, draft / name)
    return found


def _pixels(head: DomainHead) -> Tensor:
    """Some pictures' worth of pixels, in the range that the processor gives."""
    size = head.processor.size
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(_CHECKED, 3, 8, 8, generator=generator) * 2 - 1
    return nn.functional.interpolate(coarse, (size["height"], size["width"]), mode="bicubic").clamp(-1, 1)


def _onnx(model: nn.Module, pixels: Tensor, folder: Path) -> Callable[[Any], np.ndarray]:
    try:
        import onnxruntime
        import onnxscript  # noqa: F401  # what torch exports with
    except ImportError as error:
        raise MissingDependency(
            "exporting to ONNX needs its packages: pip install 'mm-agent[export]'"
        ) from error
    path = folder / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter, about itself
        torch.onnx.export(
            model,
            (pixels,),
            str(path),
            input_names=["pixel_values"],
            output_names=["probabilities"],
            dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=1024)},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda rows: np.asarray(session.run(None, {"pixel_values": rows})[0])


def _openvino(model: nn.Module, pixels: Tensor, folder: Path) -> Callable[[Any], np.ndarray]:
    try:
        import openvino
    except ImportError as error:
        raise MissingDependency(
            "exporting to OpenVINO needs openvino: pip install 'mm-agent[export]'"
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converted = openvino.convert_model(model, example_input=pixels)
    converted.reshape({0: [-1, *pixels.shape[1:]]})
    openvino.save_model(converted, folder / "model.xml", compress_to_fp16=False)
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(folder / "model.xml", "CPU", exact)
    return lambda rows: np.asarray(compiled([rows])[0])


_WRITE: dict[Format, Callable[[nn.Module, Tensor, Path], Callable[[Any], np.ndarray]]] = {
    "onnx": _onnx,
    "openvino": _openvino,
}
