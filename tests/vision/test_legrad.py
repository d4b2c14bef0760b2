"""LeGrad's maps: the exact gradients, warm where the thing is, nothing left behind on the weights."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from mm_agent.errors import VisionError
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.heatmap import text_heatmap
from mm_agent.vision.locating import locate


@pytest.fixture(scope="module")
def demo() -> SiglipEncoder:
    """The shipped weights."""
    return SiglipEncoder.from_pretrained("demo", device="cpu", dtype="float32")


@pytest.fixture
def penguins(root: Path) -> Image.Image:
    """Two penguins above and right, a fish at the bottom."""
    with Image.open(root / "examples" / "two-penguins-and-fish.png") as picture:
        return picture.convert("RGB")


def by_autograd(encoder: SiglipEncoder, image: Image.Image, words: Tensor) -> Tensor:
    """The same gradients the long way: attention weights spelled out and given to autograd."""
    head = encoder.backbone.vision.head
    heads, width = head.attention.num_heads, head.attention.embed_dim
    layers = encoder._features.layers(image)
    tokens = layers.flatten(1, 2)
    weight, bias = head.attention.in_proj_weight, head.attention.in_proj_bias
    inputs = (head.probe.expand(len(tokens), -1, -1), tokens, tokens)
    query, key, value = (
        F.linear(x, weight[i * width : (i + 1) * width], bias[i * width : (i + 1) * width])
        .unflatten(-1, (heads, -1))
        .transpose(1, 2)
        for i, x in enumerate(inputs)
    )  # (L, heads, 1 or N, d)
    scores = query @ key.transpose(-1, -2) * (width // heads) ** -0.5
    attention = scores.softmax(-1).detach().requires_grad_(True)
    output = head.attention.out_proj((attention @ value).transpose(1, 2).flatten(2))
    vectors = F.normalize((output + head.mlp(head.layernorm(output)))[:, 0], dim=-1)  # (L, D)
    found = [
        torch.autograd.grad((vectors @ one).sum(), attention, retain_graph=True)[0][:, :, 0] for one in words
    ]
    return torch.stack(found).unflatten(-1, layers.shape[1:3])


def test_the_gradients_are_those_of_autograd(demo: SiglipEncoder, penguins: Image.Image) -> None:
    words = demo.embed_texts(["a fish", "a penguin"])
    found = demo.attention_gradients(penguins, words)  # (M, L, heads, rows, cols)
    assert found.shape == (2, 6, 3, 8, 8)
    torch.testing.assert_close(found, by_autograd(demo, penguins, words), atol=1e-6, rtol=1e-3)


@pytest.mark.parametrize(
    ("file", "thing", "top", "left"),
    [("airplane-top-left", "airplane", 0, 0), ("car-bottom-right", "car", 4, 4)],
)
def test_it_is_warm_where_the_thing_is(
    demo: SiglipEncoder, root: Path, file: str, thing: str, top: int, left: int
) -> None:
    with Image.open(root / "examples" / f"{file}.png") as picture:
        heat = text_heatmap(
            demo, picture.convert("RGB"), thing, method="legrad", templates=demo.default_templates("en")
        )
    assert heat.shape == (8, 8)
    assert (float(heat.min()), float(heat.max())) == (0.0, 1.0)
    row, column = divmod(int(heat.argmax()), 8)
    assert top <= row < top + 4
    assert left <= column < left + 4


def test_nothing_is_left_behind(demo: SiglipEncoder, penguins: Image.Image) -> None:
    before, attn = demo.embed_images(penguins), demo.attn
    heat = text_heatmap(demo, penguins, "fish", method="legrad")
    assert demo.attn == attn
    assert all(not weight.requires_grad and weight.grad is None for weight in demo.model.parameters())
    assert not heat.requires_grad
    assert not heat.is_inference()
    assert torch.equal(demo.embed_images(penguins), before)
    with torch.inference_mode():
        assert torch.equal(text_heatmap(demo, penguins, "fish", method="legrad"), heat)
    with torch.no_grad():
        assert torch.equal(text_heatmap(demo, penguins, "fish", method="legrad"), heat)


def test_threads_may_share_the_encoder(demo: SiglipEncoder, penguins: Image.Image) -> None:
    texts = ["fish", "penguin", "cat"]
    alone = [text_heatmap(demo, penguins, text, method="legrad") for text in texts]
    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(text_heatmap, demo, penguins, text, method="legrad") for text in texts * 4]
    for index, job in enumerate(jobs):
        assert torch.equal(job.result(), alone[index % 3])


def test_bfloat16_points_to_the_same_place(demo: SiglipEncoder, penguins: Image.Image) -> None:
    half = SiglipEncoder.from_pretrained("demo", device="cpu", dtype="bfloat16")
    exact = text_heatmap(demo, penguins, "fish", method="legrad")
    rough = text_heatmap(half, penguins, "fish", method="legrad")
    assert rough.dtype == torch.float32
    assert torch.corrcoef(torch.stack([exact.flatten(), rough.flatten()]))[0, 1] > 0.95


def test_every_shape_of_a_naflex_picture(naflex_encoder: SiglipEncoder, pictures: list[Image.Image]) -> None:
    for picture in pictures:
        heat = text_heatmap(naflex_encoder, picture, "a cat", method="legrad")
        assert heat.shape == naflex_encoder.grid_for(picture)
        assert 0 <= float(heat.min()) <= float(heat.max()) <= 1


def test_places_are_decided_by_probabilities_not_by_the_relative_map(
    demo: SiglipEncoder, penguins: Image.Image
) -> None:
    (place, *_) = locate(demo, penguins, "fish", method="legrad")
    assert place.score >= demo.presence_threshold
    assert place.box.bottom > 224
    assert locate(demo, Image.new("RGB", (64, 64), (52, 112, 214)), "elephant", method="legrad") == []


def test_clip_and_unknown_methods_are_refused(
    demo: SiglipEncoder, clip_encoder: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    with pytest.raises(VisionError, match="no LeGrad maps; load a SigLIP checkpoint"):
        text_heatmap(clip_encoder, pictures[0], "a cat", method="legrad")
    with pytest.raises(VisionError, match="'gradcam' does not exist; use windows or legrad"):
        text_heatmap(demo, pictures[0], "a cat", method="gradcam")  # pyright: ignore[reportArgumentType]
