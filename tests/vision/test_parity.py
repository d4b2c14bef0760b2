"""Our scores against transformers' own on real shapes: logits_per_image and the zero-shot pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoTokenizer, CLIPModel, Siglip2Model, SiglipModel, pipeline

from mm_agent.vision import SiglipEncoder
from tests.vision import builders

LABELS = ["cat", "2 dogs", "a red car on the left", "house"]
TOLERANCE = 1e-4

SHAPES: dict[str, tuple[Callable[[Path], Path], type, str]] = {
    "siglip-base-patch16-224": (
        lambda folder: builders.siglip(
            folder, hidden=768, layers=6, heads=12, mlp=3072, image=224, vocabulary=32000
        ),
        SiglipModel,
        "siglip",
    ),
    "siglip-so400m-patch14-384": (
        lambda folder: builders.siglip(
            folder, hidden=1152, layers=1, heads=16, mlp=4304, image=384, patch=14, vocabulary=32000
        ),
        SiglipModel,
        "siglip",
    ),
    "siglip2-base-patch16-224": (
        lambda folder: builders.siglip(folder, hidden=768, layers=2, heads=12, image=224, gemma=True),
        SiglipModel,
        "siglip2",
    ),
    "siglip2-base-patch16-naflex": (
        lambda folder: builders.naflex(folder, hidden=768, layers=2, heads=12),
        Siglip2Model,
        "naflex",
    ),
    "clip": (builders.clip, CLIPModel, "clip"),
}


@pytest.fixture(scope="module", params=list(SHAPES))
def shaped(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, type, str]:
    build, model_class, family = SHAPES[request.param]
    return build(tmp_path_factory.mktemp("shape") / request.param), model_class, family


def test_scores_equal_the_models_own_and_the_pipelines(
    shaped: tuple[Path, type, str], pictures: list[Image.Image]
) -> None:
    folder, model_class, family = shaped
    encoder = SiglipEncoder.from_pretrained(folder, device="cpu", dtype="float32")
    assert encoder.family == family
    # SigLIP 2 was trained on lower-cased text, which our rules see to and the pipeline leaves to its caller.
    template = "this is a photo of {}." if family in ("siglip2", "naflex") else "This is a photo of {}."
    ours = encoder.logits(pictures, LABELS, templates=[template])

    theirs = _model_logits(folder, model_class, pictures, [template.format(label) for label in LABELS])
    torch.testing.assert_close(ours, theirs, rtol=0, atol=TOLERANCE)

    scores = encoder.score(pictures, LABELS, templates=[template])
    torch.testing.assert_close(
        scores, _pipeline_scores(folder, pictures, template), rtol=1e-3, atol=TOLERANCE
    )


def _model_logits(
    folder: Path, model_class: type, pictures: list[Image.Image], texts: list[str]
) -> torch.Tensor:
    model = model_class.from_pretrained(folder).eval()
    inputs = AutoImageProcessor.from_pretrained(folder)(images=pictures, return_tensors="pt")
    words = AutoTokenizer.from_pretrained(folder)(
        texts,
        padding="max_length",
        truncation=True,
        max_length=model.config.text_config.max_position_embeddings,
        return_tensors="pt",
    )
    with torch.inference_mode():
        return model(**inputs, **words).logits_per_image


def _pipeline_scores(folder: Path, pictures: list[Image.Image], template: str) -> torch.Tensor:
    classify = pipeline("zero-shot-image-classification", model=str(folder))
    rows = []
    for picture in pictures:
        answers = classify(picture, candidate_labels=LABELS, hypothesis_template=template)
        scores = {answer["label"]: answer["score"] for answer in answers}
        rows.append([scores[label] for label in LABELS])
    return torch.tensor(rows)
