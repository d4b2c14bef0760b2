"""Device, dtype and attention kernel: chosen well, or refused with the remedy."""

from __future__ import annotations

import pytest
import torch

from mm_agent.errors import MissingDependency, SettingsError
from mm_agent.vision import hardware
from mm_agent.vision.hardware import (
    attention_report,
    choose_attention,
    choose_device,
    choose_dtype,
    choose_training_dtype,
    training_autocast,
)

CPU = torch.device("cpu")
CUDA = torch.device("cuda")


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto") == CPU
    with pytest.raises(SettingsError, match="torch sees 0 GPUs; use cpu"):
        choose_device("cuda")
    with pytest.raises(SettingsError, match="use auto, cpu, cuda"):
        choose_device("warp")
    with pytest.raises(SettingsError, match="this machine has none"):
        choose_device("mps")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto") == CUDA


@pytest.mark.parametrize(
    ("fast", "parameters", "expected"),
    [
        (True, 200_000_000, torch.bfloat16),
        (True, 5_000_000, torch.float32),
        (False, 200_000_000, torch.float32),
    ],
)
def test_auto_takes_bf16_where_it_pays(
    fast: bool, parameters: int, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "cpu_has_fast_bf16", lambda: fast)
    assert choose_dtype("auto", CPU, parameters=parameters) == expected


@pytest.mark.parametrize(("bf16", "expected"), [(True, torch.bfloat16), (False, torch.float16)])
def test_auto_on_a_gpu(bf16: bool, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: bf16)
    assert choose_dtype("auto", CUDA, parameters=1) == expected


@pytest.mark.parametrize(("fast", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_training_takes_bf16_where_the_cpu_is_fast_in_it(
    fast: bool, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "cpu_has_fast_bf16", lambda: fast)
    assert choose_training_dtype(CPU) == expected
    with training_autocast(CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == expected


@pytest.mark.parametrize(("bf16", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_training_on_a_gpu_never_takes_float16(
    bf16: bool, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: bf16)
    assert choose_training_dtype(CUDA) == expected


def test_dtypes_by_name() -> None:
    assert choose_dtype("fp32", CPU, parameters=1) == torch.float32
    assert choose_dtype("bfloat16", CPU, parameters=1) == torch.bfloat16
    with pytest.raises(SettingsError, match="use auto, bfloat16, float16, float32"):
        choose_dtype("int8", CPU, parameters=1)


def test_attention_that_needs_nothing() -> None:
    assert choose_attention("auto", CPU, torch.float32) == "sdpa"
    assert choose_attention("eager", CPU, torch.float32) == "eager"
    with pytest.raises(SettingsError, match="use auto, sdpa, eager, flash_attention_2"):
        choose_attention("fast", CPU, torch.float32)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("flash_attention_2", r'pip install "mm-agent\[flash\]"'),
        ("flash_attention_3", "hopper/"),
        ("flash_attention_4", "pip install flash-attn-4"),
    ],
)
def test_a_missing_kernel_names_its_remedy(name: str, remedy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_installed", lambda kernel: False)
    with pytest.raises(MissingDependency, match=remedy):
        choose_attention(name, CUDA, torch.bfloat16)


def test_flash_kernels_want_a_gpu_and_half_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_installed", lambda kernel: True)
    assert choose_attention("flash_attention_2", CUDA, torch.bfloat16) == "flash_attention_2"
    for device, dtype in ((CPU, torch.bfloat16), (CUDA, torch.float32)):
        with pytest.raises(SettingsError, match="use --attn sdpa"):
            choose_attention("flash_attention_2", device, dtype)


def test_the_report_has_every_kernel_and_a_remedy_for_each_missing_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    report = {row.name: row for row in attention_report()}
    assert list(report) == ["sdpa", "eager", "flash_attention_2", "flash_attention_3", "flash_attention_4"]
    assert report["sdpa"].available
    assert "needs a CUDA GPU" in report["flash_attention_2"].remedy
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(hardware, "_installed", lambda kernel: kernel.distribution == "flash-attn")
    report = {row.name: row for row in attention_report()}
    assert report["flash_attention_2"].available
    assert not report["flash_attention_4"].available  # shares its module name with flash-attn
