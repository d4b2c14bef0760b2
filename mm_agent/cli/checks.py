"""What ``mm-agent doctor`` looks at: no network unless asked, and never the value of a key."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module, metadata, util

import mm_agent
from mm_agent.cli.common import Call, one_line

# Parameters of a base-size SigLIP; below a few tens of millions the choice of number format differs.
LARGE_MODEL = 200_000_000


@dataclass(frozen=True)
class Check:
    """One line of the report: what it is, whether it works here, the detail, and how to get it if not."""

    name: str
    works: bool
    detail: str
    remedy: str | None = None
    essential: bool = False


def versions(call: Call) -> Iterator[Check]:
    """Python, the platform and the libraries underneath."""
    yield Check("python", True, f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield Check("mm-agent", True, mm_agent.__version__)
    for name in ("torch", "transformers", "langchain"):
        try:
            yield Check(name, True, metadata.version(name), essential=True)
        except metadata.PackageNotFoundError:
            yield Check(name, False, "not installed", f"pip install {name}", essential=True)


def hardware(call: Call) -> Iterator[Check]:
    """The device, the number format a large model gets on it, and every attention kernel."""
    from mm_agent.errors import SettingsError
    from mm_agent.vision.hardware import attention_report, choose_device, choose_dtype

    chosen = call.settings
    try:
        device = choose_device(chosen.device)
        dtype = choose_dtype(chosen.dtype, device, parameters=LARGE_MODEL)
    except SettingsError as error:
        yield Check(
            "device", False, one_line(error), "mm-agent doctor --device auto --dtype auto", essential=True
        )
    else:
        yield Check("device", True, _device_name(str(device)))
        yield Check(
            "dtype",
            True,
            f"{str(dtype).removeprefix('torch.')} for large checkpoints; small ones use float32",
        )
    for kernel in attention_report():
        yield Check(f"attention {kernel.name}", kernel.available, "", kernel.remedy or None)


def _device_name(device: str) -> str:
    """The device with its marketing name and memory, or the CPU's thread count."""
    import torch

    if not device.startswith("cuda"):
        return f"{device}, {torch.get_num_threads()} threads"
    facts = torch.cuda.get_device_properties(device)
    return f"{device}, {facts.name}, {facts.total_memory / 2**30:.0f} GiB"


def libraries(call: Call) -> Iterator[Check]:
    """OpenCV, which needs system libraries, and the optional extras."""
    try:
        yield Check("opencv", True, import_module("cv2").__version__, essential=True)
    except ImportError as error:
        remedy = "apt-get install libgl1 libglib2.0-0, or pip install opencv-python-headless"
        yield Check("opencv", False, one_line(error), remedy, essential=True)
    for extra, module in (
        ("flash", "flash_attn"),
        ("community", "langchain_community"),
        ("mcp", "fastmcp"),
        ("train", "resvg_py"),
    ):
        found = util.find_spec(module) is not None
        remedy = None if found else f"pip install 'mm-agent[{extra}]'"
        yield Check(f"extra [{extra}]", found, module if found else "not installed", remedy)


def plugins(call: Call) -> Iterator[Check]:
    """Tools that other packages add, and why one of them is left out."""
    try:
        from mm_agent_tools.plugins import GROUP, find_plugins
        from mm_agent_tools.toolkit import BUILT_IN
    except ImportError as error:
        yield Check("tools", False, one_line(error), "mend the libraries above")
        return
    found = find_plugins(BUILT_IN)
    if not found:
        yield Check("none", True, f"packages add tools through the entry-point group {GROUP}")
    for plugin in found:
        detail, _, remedy = (plugin.problem or "").partition("; ")
        yield Check(plugin.name, not plugin.problem, f"{plugin.origin} {detail}".strip(), remedy or None)


def keys(call: Call) -> Iterator[Check]:
    """Which providers' keys are set, and in which file; never what they are."""
    from mm_agent.agent.keys import find_key
    from mm_agent.agent.llm import KEY_VARIABLES
    from mm_agent.errors import LLMSpecError

    for provider, variable in {**KEY_VARIABLES, "hugging face": "HF_TOKEN"}.items():
        try:
            _, where = find_key(variable, keys_file=call.settings.llm_keys_file)
        except LLMSpecError as error:
            yield Check(provider, False, *_problem_and_remedy(error))
            continue
        detail = f"{variable} is {'set' if where else 'not set'}"
        file = "" if where in ("", "environment") else f" in {where}"
        yield Check(provider, bool(where), detail + file, None if where else f"export {variable}=…")


def _problem_and_remedy(error: Exception) -> tuple[str, str]:
    """The two halves of one of our errors."""
    line = one_line(error)
    problem, _, remedy = line.rpartition("; " if "; " in line else ": ")
    return problem, remedy.removeprefix("run: ")


def models(call: Call) -> Iterator[Check]:
    """The shipped weights, and which of the known checkpoints are already on this machine."""
    from huggingface_hub import try_to_load_from_cache

    from mm_agent.vision.checkpoints import ALIASES, SHIPPED

    for name, folder in SHIPPED.items():
        shipped = (folder / "config.json").is_file()
        remedy = None if shipped else "reinstall mm-agent"
        essential = name in ("photo", call.settings.vision)
        yield Check(name, shipped, "ships with the package", remedy, essential=essential)
    yield _photo_tower(call)
    for alias, repository in ALIASES.items():
        here = isinstance(try_to_load_from_cache(repository, "config.json"), str)
        remedy = None if here else f"--vision {alias} fetches it on first use"
        yield Check(alias, here, repository, remedy)


def _photo_tower(call: Call) -> Check:
    """The locked image tower of the photo encoder, which comes with a package of its own."""
    from mm_agent.errors import MMAgentError
    from mm_agent.vision.photo.tower import DISTRIBUTION, tower_weights

    essential = call.settings.vision == "photo"
    try:
        tower_weights()
    except MMAgentError as error:
        return Check("photo tower", False, *_problem_and_remedy(error), essential=essential)
    return Check("photo tower", True, f"{DISTRIBUTION} {metadata.version(DISTRIBUTION)}", essential=essential)


def settings(call: Call) -> Iterator[Check]:
    """Where the settings come from and what they choose."""
    from mm_agent.settings import config_file

    chosen = call.settings
    yield Check("file", True, str(config_file() or "none (mm-agent.toml or MM_AGENT_CONFIG)"))
    yield Check("profile", True, f"{chosen.profile}: --vision {chosen.vision} --llm {chosen.llm}")
    yield _chat_model("llm", chosen.llm, call)
    if chosen.llm_fallback:
        yield _chat_model("llm_fallback", chosen.llm_fallback, call)


def _chat_model(name: str, llm: str, call: Call) -> Check:
    """Whether a chat model's spec and key are there, and what it can do; nothing is loaded or sent."""
    from mm_agent.agent.capabilities import capabilities_of_spec
    from mm_agent.agent.keys import read_key
    from mm_agent.agent.llm import parse_llm_spec
    from mm_agent.errors import LLMSpecError

    try:
        spec = parse_llm_spec(llm)
        read_key(spec, keys_file=call.settings.llm_keys_file)
    except LLMSpecError as error:
        problem, remedy = _problem_and_remedy(error)
        return Check(name, False, problem, remedy)
    able = capabilities_of_spec(spec, call.settings.said_about_models())
    pictures = "takes pictures" if able.images else "takes text"
    return Check(
        name,
        able.tools,
        f"{spec} {pictures}" + ("" if able.tools else " and calls no tools"),
        None if able.tools else "choose another of its models",
    )


def reach(call: Call) -> Iterator[Check]:
    """Whether the model hub answers; only with ``--network``."""
    import httpx
    from huggingface_hub import constants

    try:
        httpx.head(constants.ENDPOINT, timeout=5.0, follow_redirects=True).raise_for_status()
    except httpx.HTTPError as error:
        remedy = (
            "check the connection and proxy, set HF_ENDPOINT to a mirror, or copy a checkpoint folder here"
        )
        yield Check("hub", False, f"{constants.ENDPOINT}: {one_line(error)}", remedy)
    else:
        yield Check("hub", True, f"{constants.ENDPOINT} answers")
