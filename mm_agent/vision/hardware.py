"""Where and how to compute: device, dtype and attention kernel, chosen well or as asked."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from mm_agent.errors import MissingDependency, SettingsError

if TYPE_CHECKING:
    import torch

Attention = Literal["eager", "sdpa", "flash_attention_2", "flash_attention_3", "flash_attention_4"]
DTYPES = ("bfloat16", "float16", "float32")
_SHORT_DTYPES = {
    "bf16": "bfloat16",
    "fp16": "float16",
    "half": "float16",
    "fp32": "float32",
    "float": "float32",
}

# Below this many parameters bf16 and more cores gain little on a CPU: calls, not products, take the time.
_SMALL_MODEL = 30_000_000


@dataclass(frozen=True)
class Kernel:
    """An attention kernel that ships apart from torch."""

    module: str
    distribution: str
    remedy: str


_FLASH: dict[str, Kernel] = {
    "flash_attention_2": Kernel("flash_attn", "flash-attn", 'pip install "mm-agent[flash]"'),
    "flash_attention_3": Kernel(
        "flash_attn_interface", "flash-attn-3", "build hopper/ of github.com/Dao-AILab/flash-attention"
    ),
    "flash_attention_4": Kernel("flash_attn", "flash-attn-4", "pip install flash-attn-4"),
}


@dataclass(frozen=True)
class KernelStatus:
    """Whether an attention kernel works here; `remedy` is empty when it does."""

    name: str
    available: bool
    remedy: str


def choose_device(wanted: str = "auto") -> torch.device:
    """The torch device for `wanted`: auto (CUDA, then Apple's MPS, then the CPU) or a torch device name.

    Raises:
        SettingsError: not a device name, or no such device here.
    """
    import torch

    if wanted == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise SettingsError(
            f"device {wanted!r} is not a device; use auto, cpu, cuda, cuda:0 or mps"
        ) from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise SettingsError(
            f"device {wanted!r} was asked for, but torch sees {torch.cuda.device_count()} GPUs; use cpu"
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise SettingsError("device 'mps' was asked for, but this machine has none; use cpu")
    return device


def choose_dtype(wanted: str, device: torch.device, *, parameters: int) -> torch.dtype:
    """The dtype for `wanted`: auto or one of `DTYPES` (bf16, fp16 and fp32 for short).

    auto is bfloat16 where `device` computes it fast and the model has enough `parameters` to gain from it,
    else float16 on an older GPU and float32 elsewhere.

    Raises:
        SettingsError: not one of these names.
    """
    import torch

    name = _SHORT_DTYPES.get(wanted, wanted)
    if name in DTYPES:
        return getattr(torch, name)
    if wanted != "auto":
        raise SettingsError(f"dtype {wanted!r} is unknown; use auto, {', '.join(DTYPES)}")
    if device.type == "cuda":
        return torch.bfloat16 if has_fast_bf16(device) else torch.float16
    return torch.bfloat16 if has_fast_bf16(device) and parameters >= _SMALL_MODEL else torch.float32


def choose_training_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where `device` computes it fast, float32 elsewhere, for the matrix products of training.

    Unlike auto in `choose_dtype`, this does not ask for the model's size: with a training batch even a small
    model's matrix products are large. It is never float16, which would need loss scaling.
    """
    import torch

    return torch.bfloat16 if has_fast_bf16(device) else torch.float32


def training_autocast(device: torch.device) -> torch.autocast:
    """Autocast to `choose_training_dtype`; disabled where that is float32, the dtype of the weights."""
    import torch

    enabled = choose_training_dtype(device) == torch.bfloat16
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def choose_cores(device: torch.device, *, parameters: int) -> int | None:
    """How many cores one computation may use: one for a small model on a CPU, else None, torch's own choice.

    Cores that share a product wait for each other at its end. A small model's products are over so soon that
    this costs most of what is gained, and where other threads or programs hold a core, far more than that.
    """
    return 1 if device.type == "cpu" and parameters < _SMALL_MODEL else None


def has_fast_bf16(device: torch.device) -> bool:
    """Whether `device` is a GPU that supports bfloat16, or a CPU that multiplies it in hardware."""
    import torch

    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return device.type == "cpu" and cpu_has_fast_bf16()


def cpu_has_fast_bf16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware (AVX512-BF16, AMX or Arm's BF16)."""
    import torch

    if not hasattr(torch.cpu, "get_capabilities"):  # an older torch
        return False
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16", "arm_bf16"))


def choose_attention(wanted: str, device: torch.device, dtype: torch.dtype) -> Attention:
    """The attention kernel for `wanted`: auto (sdpa), eager, sdpa or flash_attention_2/3/4.

    Raises:
        SettingsError: not a kernel name, or a flash kernel on the CPU or in float32.
        MissingDependency: the kernel's package is not installed; says how to get it.
    """
    import torch

    if wanted == "auto":
        return "sdpa"  # on a GPU torch's own sdpa already runs FlashAttention 2 for these shapes
    if wanted in ("eager", "sdpa"):
        return wanted
    if wanted not in _FLASH:
        raise SettingsError(f"attn {wanted!r} is not a kernel; use auto, sdpa, eager, {', '.join(_FLASH)}")
    kernel = _FLASH[wanted]
    if not _installed(kernel):
        raise MissingDependency(
            f"attn {wanted!r} needs a CUDA GPU and {kernel.distribution}, which is not installed: "
            f"{kernel.remedy}; or use --attn sdpa"
        )
    if device.type != "cuda" or dtype not in (torch.bfloat16, torch.float16):
        raise SettingsError(
            f"attn {wanted!r} runs in bfloat16 or float16 on a CUDA GPU, not in {dtype} on {device}; "
            "use --attn sdpa"
        )
    return wanted  # pyright: ignore[reportReturnType]


def attention_report() -> list[KernelStatus]:
    """Every attention kernel, whether it works here, and what to do when it does not."""
    import torch

    rows = [KernelStatus("sdpa", True, ""), KernelStatus("eager", True, "")]
    for name, kernel in _FLASH.items():
        if not torch.cuda.is_available():
            rows.append(KernelStatus(name, False, f"needs a CUDA GPU, then: {kernel.remedy}"))
        elif not _installed(kernel):
            rows.append(KernelStatus(name, False, kernel.remedy))
        else:
            rows.append(KernelStatus(name, True, ""))
    return rows


def _installed(kernel: Kernel) -> bool:
    """FlashAttention 2 and 4 share a module name, so the distribution decides."""
    if find_spec(kernel.module) is None:
        return False
    try:
        metadata.version(kernel.distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
