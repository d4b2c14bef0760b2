from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from mm_agent.errors import ProjectorError
from mm_agent.projection.soft import Projector, ProjectorConfig, make_projector
from mm_agent.projection.soft.projectors.average_pool import average_blocks
from mm_agent.projection.soft.projectors.pixel_shuffle import pixel_shuffle

KINDS = ("linear", "mlp", "pixel_shuffle", "resampler", "average_pool")


def small(kind: str, **more: Any) -> Projector:
    torch.manual_seed(0)
    values = {"vision_width": 12, "text_width": 20, "grid": (4, 6), "queries": 5} | more
    return make_projector(ProjectorConfig(kind=kind, **values)).eval()


@pytest.mark.parametrize(
    ("kind", "tokens"),
    [("linear", 24), ("mlp", 24), ("pixel_shuffle", 6), ("resampler", 5), ("average_pool", 6)],
)
@pytest.mark.parametrize("select", ["patches", "patches_and_pooled"])
def test_every_kind_gives_as_many_tokens_as_its_config_says(kind: str, tokens: int, select: str) -> None:
    projector = small(kind, select=select)
    extra = select == "patches_and_pooled"
    assert projector.config.tokens == tokens + (extra and kind != "resampler")
    given = projector(torch.randn(3, 24 + extra, 12))
    assert given.shape == (3, projector.config.tokens, 20)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("select", ["patches", "patches_and_pooled"])
def test_a_picture_is_projected_alike_alone_and_among_others(kind: str, select: str) -> None:
    projector = small(kind, select=select)
    features = torch.randn(4, projector.config.features, 12)
    together = projector(features)
    features[[0, 1, 3]] = 1e3  # whatever the others show
    torch.testing.assert_close(projector(features)[2], together[2])
    torch.testing.assert_close(projector(features[2:3])[0], together[2])


@pytest.mark.parametrize("kind", KINDS)
def test_every_feature_and_every_weight_matters(kind: str) -> None:
    projector = small(kind, select="patches_and_pooled")
    features = torch.randn(2, 25, 12, requires_grad=True)
    projector(features).square().sum().backward()
    assert features.grad is not None
    assert (features.grad.abs().sum(-1) > 0).all()
    for name, weight in projector.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_pixel_shuffle_keeps_every_value_exactly_once() -> None:
    features = torch.arange(2 * 24 * 3).view(2, 24, 3)
    blocks = pixel_shuffle(features, (4, 6), 2)
    assert blocks.shape == (2, 6, 12)
    for before, after in zip(features, blocks, strict=True):
        assert sorted(before.flatten().tolist()) == sorted(after.flatten().tolist())


def test_pixel_shuffle_joins_neighbours_row_by_row() -> None:
    places = torch.arange(24).view(1, 24, 1)  # 4 rows of 6
    assert pixel_shuffle(places, (4, 6), 2)[0].tolist() == [
        [0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11],
        [12, 13, 18, 19], [14, 15, 20, 21], [16, 17, 22, 23],
    ]  # fmt: skip


def test_average_pool_is_a_plain_mean_of_each_block() -> None:
    features = torch.randn(2, 24, 3)
    grid = features.view(2, 4, 6, 3)
    plain = [grid[:, r : r + 2, c : c + 2].reshape(2, 4, 3).mean(1) for r in (0, 2) for c in (0, 2, 4)]
    torch.testing.assert_close(average_blocks(features, (4, 6), 2), torch.stack(plain, 1))


def test_a_linear_projector_is_one_matrix_and_an_mlp_is_not() -> None:
    one, other = torch.randn(2, 1, 24, 12)

    def bend(projector: Projector) -> Tensor:
        return projector((one + other) / 2) - (projector(one) + projector(other)) / 2

    torch.testing.assert_close(bend(small("linear")), torch.zeros(1, 24, 20), atol=1e-5, rtol=0)
    assert bend(small("mlp")).abs().max() > 1e-2


def test_a_resampler_knows_where_patches_are() -> None:
    projector = small("resampler")
    features = torch.randn(1, 24, 12)
    assert not torch.allclose(projector(features), projector(features.flip(1)), atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_frames_keep_their_budget_their_order_and_themselves(kind: str) -> None:
    budget = 6 if kind in ("linear", "mlp") else 1
    projector = small(kind, frame_tokens=budget)
    features = torch.randn(2, 3, 24, 12)
    tokens = projector.frames(features)
    assert tokens.shape == (2, 3, budget, 20)
    torch.testing.assert_close(projector.frames(features.flip(1)).flip(1), tokens)
    whole = projector(features.flatten(0, 1)).unflatten(0, (2, 3))
    torch.testing.assert_close(tokens.mean(2), whole.mean(2), atol=1e-5, rtol=1e-4)


def test_a_frame_without_a_budget_is_a_picture() -> None:
    projector = small("mlp", select="patches_and_pooled")
    features = torch.randn(1, 2, 25, 12)
    torch.testing.assert_close(projector.frames(features)[0], projector(features[0]))


def test_a_frames_pooled_token_is_not_averaged_away() -> None:
    projector = small("linear", select="patches_and_pooled", frame_tokens=7)
    features = torch.randn(1, 1, 25, 12)
    torch.testing.assert_close(projector.frames(features)[0, 0, -1], projector(features[0])[0, -1])


@pytest.mark.parametrize("shape", [(24, 12), (2, 23, 12), (2, 24, 13), (1, 2, 24, 12)])
def test_features_of_another_shape_are_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(ProjectorError, match=r"must be \(B, 24, 12\) for this mlp.*got"):
        small("mlp")(torch.zeros(shape))
    if len(shape) != 4:
        with pytest.raises(ProjectorError, match="must be"):
            small("mlp").frames(torch.zeros(shape))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "pixel_shuffle", "factor": 3}, "4 x 6 cannot be cut into blocks of 3 x 3"),
        ({"kind": "resampler", "heads": 5}, "width 12 cannot be shared by 5 heads"),
        ({"kind": "linear", "frame_tokens": 5}, "5 tokens a frame make no grid like 4 x 6; use 4"),
        ({"kind": "linear", "tokens": 5}, "tokens is 5, but a linear projector .* gives 24"),
        ({"kind": "cubic"}, "kind: Input should be 'linear', "),
        ({"kind": "linear", "grid": (0, 3)}, "0 x 3 holds no patch"),
        ({"kind": "linear", "colour": 3}, "colour: Extra inputs are not permitted"),
    ],
)
def test_a_config_that_contradicts_itself_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ProjectorError, match=said) as caught:
        ProjectorConfig(**{"vision_width": 12, "text_width": 20, "grid": (4, 6)} | values)
    assert "\n" not in str(caught.value)
