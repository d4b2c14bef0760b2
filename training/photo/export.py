"""From a run to a checkpoint: the averaged weights, calibrated, in the folder that `SiglipEncoder` reads."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from mm_agent.media.atomic import atomic_folder
from mm_agent.vision.card import CARD_FILE, Card, Language
from mm_agent.vision.families.photo_model import PhotoModel
from mm_agent.vision.families.photo_processing import ImageProcessing, PhotoImageProcessor, Size
from mm_agent.vision.tag_priors import FILE as TAG_PRIORS_FILE
from training.photo.calibrate import Calibration, HeldOut, ask
from training.photo.config import TrainConfig
from training.photo.learner import new_model
from training.photo.maps import StoredMaps
from training.photo.names import Names
from training.photo.templates import CARD
from training.photo.tokenizer import FILE as TOKENIZER_FILE
from training.photo.tokenizer import CachedTokenizer
from training.photo.tower_maps import MEAN, STD
from training.photo.views import SIDE
from training.photo.weights import latest_average, load_weights

TRAINED_ON = "photographs with English and Chinese captions and labels; see docs/photo-model.md"
NOTICE: dict[Language, str] = {
    "en": "The photo encoder is weak at counting, pointing, reading text and rare things; "
    "for more use --vision siglip2-so400m.",
    "zh": "照片编码器不擅长计数、定位、识字和辨认少见的东西；要求更高请用 --vision siglip2-so400m。",
}
_BICUBIC = 3


@dataclass(frozen=True)
class Calibrating:
    """What a run is calibrated with.

    Attributes:
        maps: sets with held-out photographs, by name.
        names: the concepts.
        priors: (concepts,) log-odds of the names in the training images.
        held_out: the photographs.
    """

    maps: Mapping[str, StoredMaps]
    names: Names
    priors: np.ndarray
    held_out: HeldOut


def export(run: Path, out: Path, *, tokenizer: Path, by: Calibrating) -> Calibration:
    """Calibrates the run's averaged weights and writes the checkpoint.

    Args:
        run: the run's folder, with `training.json` and averaged weights; those of the last stage count.
        out: the checkpoint's folder; replaced as a whole.
        tokenizer: folder with `spiece.model`.
        by: photographs and names to calibrate with.

    Raises:
        FinetuneError: the run has no weights yet, or of another version.
    """
    config = TrainConfig.read(run)
    model = read_average(run, config)
    answers = ask(model, by.maps, by.names, CachedTokenizer(tokenizer), by.held_out)
    calibration = Calibration.fit(answers, by.names, by.priors)
    calibration.apply(model)
    with atomic_folder(out) as folder:
        model.half().save_pretrained(folder)
        shutil.copyfile(tokenizer / TOKENIZER_FILE, folder / TOKENIZER_FILE)
        _processor().save_pretrained(folder)
        _write(folder / CARD_FILE, _card(calibration))
        _write(folder / TAG_PRIORS_FILE, calibration.tag_priors)
        config.save(folder)
    return calibration


def _write(path: Path, value: BaseModel) -> None:
    path.write_text(value.model_dump_json(exclude_defaults=True, indent=1) + "\n", encoding="utf-8")


def read_average(run: Path, config: TrainConfig) -> PhotoModel:
    """The run's averaged weights; the tower is left as it is initialised.

    Raises:
        FinetuneError: see `export`.
    """
    path = latest_average(run, len(config.stages))
    model = new_model(config.model)
    load_weights(model, path)
    return model.eval().requires_grad_(False)


def _processor() -> PhotoImageProcessor:
    size = Size(height=SIDE, width=SIDE)
    mean, std = (MEAN, MEAN, MEAN), (STD, STD, STD)
    return PhotoImageProcessor(ImageProcessing(size=size, resample=_BICUBIC, image_mean=mean, image_std=std))


def _card(calibration: Calibration) -> Card:
    return Card(
        family=None,
        templates=CARD,
        notice=NOTICE,
        presence_threshold=round(calibration.presence, 4),
        absence_threshold=round(calibration.absence, 4),
        counts=False,
        tag_threshold=round(calibration.tag, 4),
        vocabulary="world",
        trained_on=TRAINED_ON,
    )
