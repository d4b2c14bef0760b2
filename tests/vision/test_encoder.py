"""The encoder's promises: shapes, units, ensembles, layers, regions, caches and threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from mm_agent.errors import SettingsError, ShapeError, VisionError
from mm_agent.vision import SiglipEncoder
from tests.vision import builders


@pytest.fixture(params=["siglip", "photo"])
def folder(request: pytest.FixtureRequest) -> Path:
    """A checkpoint whose tower is a transformer, and one whose tower is convolutional."""
    return request.getfixturevalue(f"{request.param}_dir")


@pytest.fixture(params=["encoder", "photo_encoder"])
def either(request: pytest.FixtureRequest) -> SiglipEncoder:
    """The encoders of these."""
    return request.getfixturevalue(request.param)


def test_vectors_are_float32_units_and_single_inputs_lose_the_first_axis(
    either: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    many, one = either.embed_images(pictures), either.embed_images(pictures[1])
    assert many.shape == (3, either.embed_dim)
    assert many.dtype == torch.float32
    torch.testing.assert_close(many.norm(dim=-1), torch.ones(3))
    torch.testing.assert_close(one, many[1])
    words = either.embed_texts(["a cat", "a dog"])
    assert words.shape == (2, either.embed_dim)
    torch.testing.assert_close(either.embed_texts("a dog"), words[1])


def test_summaries_are_the_vectors_and_mean_patches_of_each_picture_in_order(
    either: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    many = [picture.rotate(7 * turn) for turn in range(30) for picture in pictures]
    found = list(either.summaries((number, either.preprocess(one)) for number, one in enumerate(many)))
    assert [number for number, _ in found] == list(range(90))
    vectors = either.embed_images(many, normalize=False)
    torch.testing.assert_close(torch.stack([one.pooled for _, one in found]), vectors, rtol=1e-3, atol=1e-4)
    means = either.patch_features(many).flatten(1, 2).mean(1)
    torch.testing.assert_close(torch.stack([one.mean for _, one in found]), means, rtol=1e-3, atol=1e-4)
    assert list(either.summaries(())) == []


def test_empty_lists_give_empty_tensors(either: SiglipEncoder) -> None:
    assert either.embed_images([]).shape == (0, 64)
    assert either.embed_texts([]).shape == (0, 64)
    assert either.score([], ["a cat"]).shape == (0, 1)
    assert either.patch_features([]).shape == (0, *either.grid, 64)


def test_raw_vectors_are_as_the_model_gives_them(either: SiglipEncoder, pictures: list[Image.Image]) -> None:
    inputs = either.image_processor(images=pictures[:1], return_tensors="pt")
    expected = either.model.get_image_features(**inputs).pooler_output[0]
    raw = either.embed_images(pictures[0], normalize=False)
    torch.testing.assert_close(raw, expected, rtol=1e-4, atol=1e-5)
    assert raw.norm() != pytest.approx(1.0, abs=1e-3)


def test_results_can_be_trained_on_and_written_to(either: SiglipEncoder, pictures: list[Image.Image]) -> None:
    raw = either.embed_images(pictures, normalize=False)
    head = torch.nn.Linear(either.embed_dim, 2)
    head(raw).sum().backward()
    assert head.weight.grad is not None
    before = raw.clone()
    raw.zero_()
    torch.testing.assert_close(either.embed_images(pictures, normalize=False), before)
    either.patch_features(pictures[0]).zero_()
    assert either.patch_features(pictures[0]).abs().sum() > 0


def test_a_template_ensemble_is_the_mean_of_unit_vectors(either: SiglipEncoder) -> None:
    templates = ["a photo of {label}", "the {}"]
    parts = torch.stack([either.embed_texts("a photo of cat"), either.embed_texts("the cat")])
    expected = F.normalize(parts.mean(0), dim=-1)
    torch.testing.assert_close(either.embed_texts("cat", templates=templates), expected)


@pytest.mark.parametrize(
    ("templates", "remedy"), [(["a photo"], "write it as 'a photo of {label}'"), ([], "pass None")]
)
def test_templates_that_cannot_hold_a_label_are_refused(
    encoder: SiglipEncoder, templates: list[str], remedy: str
) -> None:
    with pytest.raises(VisionError, match=remedy):
        encoder.embed_texts("cat", templates=templates)


def test_score_modes(
    encoder: SiglipEncoder, clip_encoder: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    texts = ["a cat", "a dog", "a car"]
    logits = encoder.logits(pictures, texts)
    torch.testing.assert_close(encoder.score(pictures, texts), logits.sigmoid())
    torch.testing.assert_close(encoder.score(pictures, texts, mode="softmax").sum(-1), torch.ones(3))
    torch.testing.assert_close(clip_encoder.score(pictures, texts).sum(-1), torch.ones(3))
    with pytest.raises(VisionError, match="use mode='softmax'"):
        clip_encoder.score(pictures, texts, mode="sigmoid")
    with pytest.raises(VisionError, match="use sigmoid or softmax"):
        encoder.score(pictures, texts, mode="argmax")  # pyright: ignore[reportArgumentType]


def test_patch_layers_are_transformers_hidden_states(
    encoder: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    inputs = encoder.image_processor(images=pictures, return_tensors="pt")
    out = encoder.model.vision_model(**inputs, output_hidden_states=True)
    for layer in (-1, -2, 0, 1):
        ours = encoder.patch_features(pictures, layer=layer, post_norm=False)
        theirs = out.hidden_states[layer].unflatten(1, encoder.grid)
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    last = out.last_hidden_state.unflatten(1, encoder.grid)
    torch.testing.assert_close(encoder.patch_features(pictures), last, rtol=1e-4, atol=1e-5)
    with pytest.raises(ShapeError, match="the vision tower has 2 blocks: use -3 to 2"):
        encoder.patch_features(pictures, layer=-4)


def test_clip_patches_leave_out_the_class_token(
    clip_encoder: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    assert clip_encoder.patch_features(pictures).shape == (3, 4, 4, 64)
    assert clip_encoder.embed_images(pictures).shape == (3, 48)


def test_naflex_grids_follow_the_pictures_shape(
    naflex_encoder: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    grids = naflex_encoder.patch_grids(pictures)
    assert [grid.shape[:2] for grid in grids] == [naflex_encoder.grid_for(one) for one in pictures]
    wide, tall = grids[0], grids[1]
    assert wide.shape[1] > wide.shape[0]
    assert tall.shape[0] > tall.shape[1]
    with pytest.raises(ShapeError, match="use patch_grids"):
        naflex_encoder.patch_features(pictures)
    alone = naflex_encoder.patch_features(pictures[0])[0]
    torch.testing.assert_close(alone, wide, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["encoder", "naflex_encoder", "photo_encoder"])
def test_a_region_of_everything_is_the_picture(
    name: str, request: pytest.FixtureRequest, pictures: list[Image.Image]
) -> None:
    encoder: SiglipEncoder = request.getfixturevalue(name)
    rows, cols = encoder.grid_for(pictures[0])
    everything = torch.ones(1, rows, cols, dtype=torch.bool)
    whole = encoder.embed_regions(pictures[0], everything)[0]
    torch.testing.assert_close(whole, encoder.embed_images(pictures[0]), rtol=1e-4, atol=1e-5)


def test_regions_equal_the_head_run_with_a_key_padding_mask(
    either: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    masks = torch.rand(5, *either.grid, generator=torch.Generator().manual_seed(1)) > 0.5
    ours = either.embed_regions(pictures[0], masks, normalize=False)
    head = either.model.vision_model.head
    tokens = either.patch_features(pictures[0]).flatten(1, 2).expand(5, -1, -1)
    pooled, _ = head.attention(
        head.probe.expand(5, -1, -1), tokens, tokens, key_padding_mask=~masks.flatten(1)
    )
    expected = (pooled + head.mlp(head.layernorm(pooled)))[:, 0]
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5)


def test_bad_regions_are_refused(
    encoder: SiglipEncoder, clip_encoder: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    with pytest.raises(ShapeError, match=r"masks must be bool \(R, 4, 4\).*got torch.bool \(1, 3, 3\)"):
        encoder.embed_regions(pictures[0], torch.ones(1, 3, 3, dtype=torch.bool))
    with pytest.raises(ShapeError, match="region 1 covers no patch"):
        encoder.embed_regions(pictures[0], torch.tensor([1, 0]).bool()[:, None, None].expand(2, 4, 4))
    with pytest.raises(VisionError, match="load a SigLIP checkpoint"):
        clip_encoder.embed_regions(pictures[0], torch.ones(1, 4, 4, dtype=torch.bool))


def test_texts_and_pictures_are_encoded_once(folder: Path, pictures: list[Image.Image]) -> None:
    encoder = SiglipEncoder.from_pretrained(folder, device="cpu", dtype="float32", batch_size=2)
    towers = {"text": 0, "image": 0}

    def count(name: str, rows: int) -> None:
        towers[name] += rows

    encoder.model.text_model.register_forward_hook(lambda _m, _a, out: count("text", len(out[0])))
    encoder.model.vision_model.embeddings.register_forward_hook(lambda _m, _a, out: count("image", len(out)))
    for picture in [*pictures, *pictures]:
        encoder.score(picture, ["a cat", "A  Cat!", "a dog"])
    encoder.score(pictures, ["a dog", "a car"])
    encoder.patch_features(pictures[0])
    assert towers == {"text": 3, "image": 3}  # "A  Cat!" is "a cat"; patches came with the first pass


def test_vectors_survive_on_disk(folder: Path, pictures: list[Image.Image], tmp_path: Path) -> None:
    first = SiglipEncoder.from_pretrained(folder, device="cpu", dtype="float32", cache_dir=tmp_path)
    expected = first.embed_images(pictures)
    files = list(tmp_path.rglob("*.safetensors"))
    assert len(files) == 3
    assert first.fingerprint in str(files[0])
    second = SiglipEncoder.from_pretrained(folder, device="cpu", dtype="float32", cache_dir=tmp_path)
    second.backbone.preprocess = None  # pyright: ignore[reportAttributeAccessIssue]  # would fail if asked
    torch.testing.assert_close(second.embed_images(pictures), expected)
    files[0].write_bytes(b"damaged")
    third = SiglipEncoder.from_pretrained(folder, device="cpu", dtype="float32", cache_dir=tmp_path)
    torch.testing.assert_close(third.embed_images(pictures), expected)
    assert files[0].stat().st_size > 100


def test_threads_agree(folder: Path, pictures: list[Image.Image]) -> None:
    encoder = SiglipEncoder.from_pretrained(folder, device="cpu", dtype="float32")
    with ThreadPoolExecutor(4) as pool:
        scores = list(pool.map(lambda i: encoder.score(pictures, ["a cat", f"{i % 3} dogs"]), range(12)))
    for i, one in enumerate(scores):
        torch.testing.assert_close(one, encoder.score(pictures, ["a cat", f"{i % 3} dogs"]))


def test_bf16_stays_close(siglip_dir: Path, encoder: SiglipEncoder, pictures: list[Image.Image]) -> None:
    half = SiglipEncoder.from_pretrained(siglip_dir, device="cpu", dtype="bf16")
    assert half.dtype == torch.bfloat16
    vectors = half.embed_images(pictures)
    assert vectors.dtype == torch.float32
    assert F.cosine_similarity(vectors, encoder.embed_images(pictures)).min() > 0.999


def test_eager_and_sdpa_agree(siglip_dir: Path, encoder: SiglipEncoder, pictures: list[Image.Image]) -> None:
    eager = SiglipEncoder.from_pretrained(siglip_dir, device="cpu", dtype="float32", attn="eager")
    assert (eager.attn, encoder.attn) == ("eager", "sdpa")
    torch.testing.assert_close(eager.embed_images(pictures), encoder.embed_images(pictures))


def test_the_card_speaks_through_the_encoder(tmp_path: Path) -> None:
    folder = builders.siglip(tmp_path / "demo")
    builders.write_card(
        folder,
        family="demo",
        templates={"en": ["a picture of {label}"]},
        notice={"en": "stickers only", "zh": "只认贴纸"},
        presence_threshold=0.3,
        tag_threshold=0.6,
        vocabulary="stickers",
        trained_on="drawn scenes",
    )
    encoder = SiglipEncoder.from_pretrained(folder, device="cpu")
    assert encoder.family == "demo"
    assert encoder.notice("zh") == "只认贴纸"
    assert (encoder.presence_threshold, encoder.tag_threshold) == (0.3, 0.6)
    assert encoder.default_templates("en") == ("a picture of {label}",)
    assert encoder.rules.count_templates["en"] == ("a picture of {label}",)
    assert encoder.dtype == torch.float32  # bf16 gains nothing on a model this small


def test_without_a_card_nothing_is_claimed(encoder: SiglipEncoder) -> None:
    assert encoder.notice("en") is None
    assert 0 < encoder.presence_threshold < 0.5
    assert encoder.tag_threshold == encoder.presence_threshold
    assert (encoder.grid, encoder.image_size, encoder.hidden_size) == ((4, 4), (64, 64), 64)


def test_bad_arguments(siglip_dir: Path, encoder: SiglipEncoder) -> None:
    with pytest.raises(SettingsError, match="use 1 or more"):
        SiglipEncoder.from_pretrained(siglip_dir, batch_size=0)
    with pytest.raises(ShapeError, match=r"got str; decode it with mm_agent\.media"):
        encoder.embed_images(["cat.png"])  # pyright: ignore[reportArgumentType]
