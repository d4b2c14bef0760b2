"""The photo encoder's image processor and tokenizer, without transformers.

They read the files that transformers' `SiglipImageProcessor` and `SiglipTokenizer` read, give the same
results and are called the same way, for what the encoder needs of them. Importing transformers' own takes
longer than answering a question.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import sentencepiece
import torch
import torch.nn.functional as F
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from mm_agent.errors import CheckpointError

_IMAGE_FILES = ("processor_config.json", "preprocessor_config.json")
_NAMES = " or ".join(_IMAGE_FILES)
_INTERPOLATION: dict[int, Literal["bilinear", "bicubic"]] = {2: "bilinear", 3: "bicubic"}


class Size(BaseModel):
    """Pixels of the square an image is resized to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    height: int = Field(gt=0)
    width: int = Field(gt=0)


class ImageProcessing(BaseModel):
    """The fields of transformers' image processor config that change pixels."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    do_convert_rgb: Literal[True] = True
    do_resize: Literal[True] = True
    size: Size
    resample: Literal[2, 3] = Field(3, description="PIL's number: 2 bilinear, 3 bicubic")
    do_rescale: Literal[True] = True
    rescale_factor: float = 1 / 255
    do_normalize: Literal[True] = True
    image_mean: tuple[float, float, float]
    image_std: tuple[float, float, float]


class PhotoImageProcessor:
    """Resizes to a square with antialiasing, on uint8 as torchvision does, and normalises."""

    def __init__(self, config: ImageProcessing) -> None:
        self.config = config
        levels = 1 / config.rescale_factor
        self._mean, self._std = (
            (torch.tensor(values) * levels)[:, None, None]  # (3, 1, 1)
            for values in (config.image_mean, config.image_std)
        )

    @classmethod
    def from_pretrained(cls, folder: Path) -> PhotoImageProcessor:
        """Reads processor_config.json or preprocessor_config.json.

        Raises:
            CheckpointError: neither is there, or one asks for something else than resizing and normalising.
        """
        path = next((folder / name for name in _IMAGE_FILES if (folder / name).is_file()), None)
        if path is None:
            raise CheckpointError(f"{folder} has no {_NAMES}; copy it from the original checkpoint")
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return cls(ImageProcessing.model_validate(data.get("image_processor", data)))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the file"
            raise CheckpointError(f"{path}: {where}: {first['msg']}; correct the file") from error
        except (ValueError, AttributeError) as error:
            raise CheckpointError(f"{path} is not readable JSON ({error}); fetch it again") from error

    @property
    def size(self) -> dict[str, int]:
        """Height and width in pixels."""
        return self.config.size.model_dump()

    def __call__(
        self, images: Image.Image | Sequence[Image.Image], return_tensors: Literal["pt", "np"] = "pt"
    ) -> dict[str, Any]:
        """``pixel_values`` (B, 3, H, W), float32."""
        pictures = [images] if isinstance(images, Image.Image) else images
        pixels = torch.stack([self._resized(picture) for picture in pictures])
        values = (pixels.float() - self._mean) / self._std
        return {"pixel_values": values.numpy() if return_tensors == "np" else values}

    def to_dict(self) -> dict[str, Any]:
        """The config under transformers' names."""
        return {**self.config.model_dump(mode="json"), "image_processor_type": "SiglipImageProcessor"}

    def save_pretrained(self, folder: str | Path) -> None:
        """Writes preprocessor_config.json, which transformers reads too."""
        text = json.dumps(self.to_dict(), indent=1)
        (Path(folder) / "preprocessor_config.json").write_text(text + "\n", encoding="utf-8")

    def _resized(self, picture: Image.Image) -> Tensor:
        """(3, H, W) uint8."""
        rows = torch.from_numpy(np.array(picture.convert("RGB")))  # (h, w, 3)
        size = self.config.size.height, self.config.size.width
        if rows.shape[:2] == size:
            return rows.permute(2, 0, 1)
        pixels = rows.permute(2, 0, 1)[None]  # channels last in memory, the kernel's fast path
        mode = _INTERPOLATION[self.config.resample]
        return F.interpolate(pixels, size, mode=mode, align_corners=False, antialias=True)[0]


class PhotoTokenizer:
    """SentencePiece with the end token after every text."""

    def __init__(self, file: Path) -> None:
        self._pieces = sentencepiece.SentencePieceProcessor()
        self._pieces.LoadFromSerializedProto(file.read_bytes())
        self.pad_token_id: int = self._pieces.pad_id()
        self.eos_token_id: int = self._pieces.eos_id()

    @classmethod
    def from_pretrained(cls, folder: Path) -> PhotoTokenizer:
        """Reads spiece.model.

        Raises:
            CheckpointError: it is not there, is damaged or has no padding or end token.
        """
        path = folder / "spiece.model"
        try:
            tokenizer = cls(path)
        except (OSError, RuntimeError) as error:
            raise CheckpointError(f"{path} is no readable SentencePiece model; fetch it again") from error
        if tokenizer.pad_token_id < 0 or tokenizer.eos_token_id < 0:
            raise CheckpointError(f"{path} lacks a padding or an end token; train it with pad_id and eos_id")
        return tokenizer

    def __len__(self) -> int:
        return self._pieces.get_piece_size()

    def __call__(
        self,
        text: str | Sequence[str],
        *,
        padding: Literal["max_length", False] = False,
        padding_side: Literal["right"] = "right",
        truncation: bool = False,
        max_length: int | None = None,
        return_tensors: Literal["pt"] | None = None,
    ) -> dict[str, Any]:
        """``input_ids`` of a text, or of several; a tensor (M, S) with ``return_tensors="pt"``."""
        rows = [self._pieces.encode(one) for one in ([text] if isinstance(text, str) else text)]
        if truncation and max_length is not None:
            rows = [row[: max_length - 1] for row in rows]
        rows = [[*row, self.eos_token_id] for row in rows]
        if padding == "max_length" and max_length is not None:
            rows = [row + [self.pad_token_id] * (max_length - len(row)) for row in rows]
        if return_tensors == "pt":
            return {"input_ids": torch.tensor(rows)}
        return {"input_ids": rows[0] if isinstance(text, str) else rows}
