from __future__ import annotations

from typing import Any

import pytest
import torch
from PIL import Image

from mm_agent.errors import ProjectorError
from mm_agent.projection.soft import Projector, ProjectorConfig, SoftEyes, make_projector
from mm_agent.projection.soft.features import picture_features, picture_grid
from mm_agent.vision import SiglipEncoder


def config_for(looks: SiglipEncoder, **more: Any) -> ProjectorConfig:
    values = {"kind": "linear", "text_width": 24, "encoder": looks.fingerprint} | more
    return ProjectorConfig(vision_width=looks.hidden_size, grid=picture_grid(looks), **values)


def test_features_are_the_layers_and_vectors_the_config_names(
    encoder: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    last = picture_features(encoder, pictures, config_for(encoder))
    torch.testing.assert_close(last, encoder.patch_features(pictures).flatten(1, 2))
    before = picture_features(encoder, pictures, config_for(encoder, vision_layer=-2))
    torch.testing.assert_close(
        before, encoder.patch_features(pictures, layer=-2, post_norm=False).flatten(1, 2)
    )
    both = picture_features(encoder, pictures, config_for(encoder, select="patches_and_pooled"))
    torch.testing.assert_close(both[:, :-1], last)
    torch.testing.assert_close(both[:, -1], encoder.embed_images(pictures, normalize=False))


@pytest.mark.parametrize("select", ["patches", "patches_and_pooled"])
@pytest.mark.parametrize("layer", [-1, -2])
def test_naflex_pictures_of_any_shape_share_a_grid(
    naflex: SiglipEncoder, pictures: list[Image.Image], layer: int, select: str
) -> None:
    config = config_for(naflex, vision_layer=layer, select=select)
    features = picture_features(naflex, pictures, config)
    assert features.shape == (3, config.features, naflex.hidden_size)
    alone = picture_features(naflex, pictures[1:2], config)
    torch.testing.assert_close(alone[0], features[1], atol=1e-5, rtol=1e-4)


def test_a_class_token_pooled_into_another_width_is_refused(
    clip: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    assert picture_features(clip, pictures, config_for(clip)).shape[0] == 3
    with pytest.raises(ProjectorError, match="select='patches'"):
        picture_features(clip, pictures, config_for(clip, select="patches_and_pooled"))


def test_an_encoder_of_another_size_is_named(encoder: SiglipEncoder, pictures: list[Image.Image]) -> None:
    wide = ProjectorConfig(kind="linear", vision_width=7, text_width=24, grid=encoder.grid)
    with pytest.raises(ProjectorError, match=r"features of width 7, but .* gives 64"):
        picture_features(encoder, pictures, wide)
    tall = ProjectorConfig(kind="linear", vision_width=encoder.hidden_size, text_width=24, grid=(5, 4))
    with pytest.raises(ProjectorError, match=r"5 x 4 patches, but .* gives 4 x 4"):
        picture_features(encoder, pictures, tall)


def test_a_picture_becomes_the_projectors_tokens(
    encoder: SiglipEncoder, projector: Projector, pictures: list[Image.Image]
) -> None:
    eyes = SoftEyes(encoder, projector)
    prompt = eyes.look(pictures[0])
    with torch.no_grad():
        plain = projector(picture_features(encoder, pictures[:1], projector.config))[0]
    torch.testing.assert_close(prompt.embeddings, plain)
    assert prompt.embeddings.shape == (projector.config.tokens, 24)
    assert prompt.time is None
    assert not prompt.embeddings.requires_grad


def test_each_picture_is_looked_at_once(
    encoder: SiglipEncoder, projector: Projector, pictures: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    forward = projector.forward
    monkeypatch.setattr(projector, "forward", lambda x: (looked.append(len(x)), forward(x))[1])
    eyes = SoftEyes(encoder, projector)
    first = eyes.look(pictures[0])
    first.embeddings.zero_()  # whatever is done to it
    again = eyes.look(pictures[0].copy())
    assert looked == [1]
    assert again.media == first.media
    assert again.embeddings.abs().sum() > 0
    assert eyes.look(pictures[1]).media != first.media
    assert looked == [1, 1]


def test_a_clip_is_frames_with_times_within_the_budget(
    encoder: SiglipEncoder, projector: Projector, pictures: list[Image.Image]
) -> None:
    eyes = SoftEyes(encoder, projector)
    still = eyes.look(pictures[0])
    frames = eyes.watch([*pictures, pictures[0]], [0.0, 0.5, 1.25, 2])
    assert [frame.time for frame in frames] == [0.0, 0.5, 1.25, 2.0]
    assert {tuple(frame.embeddings.shape) for frame in frames} == {(1, 24)}
    assert frames[0].media == frames[3].media == still.media
    torch.testing.assert_close(frames[0].embeddings, frames[3].embeddings)
    torch.testing.assert_close(frames[0].embeddings[0], still.embeddings.mean(0))
    assert eyes.watch([], []) == []
    with pytest.raises(ProjectorError, match="3 frames but 2 times"):
        eyes.watch(pictures, [0.0, 1.0])


def test_a_projector_for_another_encoder_is_named(encoder: SiglipEncoder) -> None:
    foreign = make_projector(config_for(encoder, encoder="beef", encoder_name="siglip2-base"))
    with pytest.raises(
        ProjectorError, match=r"made for the encoder siglip2-base \(beef\), but this encoder is"
    ):
        SoftEyes(encoder, foreign)


def test_soft_tokens_that_are_no_numbers_are_refused(
    encoder: SiglipEncoder, projector: Projector, pictures: list[Image.Image]
) -> None:
    with torch.no_grad():
        next(projector.parameters()).view(-1)[0] = float("nan")
    eyes = SoftEyes(encoder, projector)
    for _ in range(2):  # a bad result is not kept
        with pytest.raises(ProjectorError, match=r"not numbers.*train it again"):
            eyes.look(pictures[0])


def test_features_that_are_no_numbers_are_refused(
    encoder: SiglipEncoder, projector: Projector, pictures: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = encoder.patch_features(pictures[:1])
    bad[0, 1, 1, 0] = float("inf")
    monkeypatch.setattr(encoder, "patch_features", lambda *_, **__: bad)
    with pytest.raises(ProjectorError, match="picture 1 has features that are not numbers in float32"):
        SoftEyes(encoder, projector).look(pictures[0])


def test_tokens_too_large_for_half_precision_are_refused(
    encoder: SiglipEncoder, projector: Projector, pictures: list[Image.Image]
) -> None:
    with torch.no_grad():
        for weight in projector.parameters():
            weight.mul_(1e6)
    assert SoftEyes(encoder, projector, dtype=torch.bfloat16).look(pictures[0]).embeddings.isfinite().all()
    with pytest.raises(ProjectorError, match=r"reaches \d.*float16 ends at 6.55e\+04.*bfloat16 or float32"):
        SoftEyes(encoder, projector, dtype=torch.float16).look(pictures[0])
