"""The wheel and the sdist: what is in them, and that the wheel works where the checkout is out of reach."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from uv import find_uv_bin

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-d", str(folder), cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel_files(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def sdist_files(built: Path) -> set[str]:
    """Paths in the sdist, below its one top folder."""
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        return {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it; dependencies come from this one, the checkout does not.

    A path in a .pth file is added as it is: the .pth files in that folder, such as the editable install's,
    are not read, so only the wheel can provide the two packages.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    run(
        find_uv_bin(),
        "pip",
        "install",
        "--python",
        str(python),
        "--offline",
        "--no-deps",
        str(wheel),
        cwd=folder,
    )
    site = run(
        str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    ).strip()
    Path(site, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def test_wheel_brings_exactly_two_packages(wheel_files: set[str]) -> None:
    top = {name.split("/", 1)[0] for name in wheel_files}
    assert {name for name in top if not name.endswith(".dist-info")} == {"mm_agent", "mm_agent_tools"}


def test_every_prompt_ships_in_both_languages(wheel_files: set[str], sdist_files: set[str]) -> None:
    prompts = {path.name for path in (ROOT / "prompts").glob("*.md")}
    assert prompts
    assert {f"mm_agent/prompts/{name}" for name in prompts} <= wheel_files
    assert {f"prompts/{name}" for name in prompts} <= sdist_files
    for name in prompts:
        assert name.replace(".en.", ".zh.") in prompts
        assert name.replace(".zh.", ".en.") in prompts


def test_shipped_weights_and_sprites_ship(wheel_files: set[str], sdist_files: set[str]) -> None:
    shipped = {
        path.relative_to(ROOT).as_posix()
        for folder in ("demo/weights", "demo/sprites", "photo/weights")
        for path in (ROOT / "mm_agent/vision" / folder).iterdir()
    }
    assert {
        f"mm_agent/vision/{name}/weights/{file}"
        for name in ("demo", "photo")
        for file in ("config.json", "mm_agent.json", "model.safetensors")
    } <= shipped
    assert shipped <= wheel_files
    assert shipped <= sdist_files


def test_every_module_ships(wheel_files: set[str], sdist_files: set[str]) -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "mm_agent").rglob("*.py")}
    tools = {path.relative_to(ROOT / "tools").as_posix() for path in (ROOT / "tools").rglob("*.py")}
    assert modules | tools == {name for name in wheel_files if name.endswith(".py")}
    assert modules | {f"tools/{name}" for name in tools} <= sdist_files


def test_nothing_private_ships(wheel_files: set[str], sdist_files: set[str]) -> None:
    for name in wheel_files | sdist_files:
        assert "__pycache__" not in name
        assert not name.endswith((".env", "mm-agent.toml", "uv.lock"))


def test_licence_and_readme_travel(wheel: Path, wheel_files: set[str]) -> None:
    info = next(name.split("/")[0] for name in wheel_files if ".dist-info/" in name)
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/NOTICE"} <= wheel_files
    metadata = zipfile.ZipFile(wheel).read(f"{info}/METADATA").decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[0] in metadata


def test_every_module_imports_where_the_checkout_is_not(elsewhere: Path) -> None:
    program = (
        "import importlib, pkgutil, mm_agent, mm_agent_tools\n"
        "for package in (mm_agent, mm_agent_tools):\n"
        "    print(package.__file__)\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        if not module.name.endswith('__main__'):\n"
        "            importlib.import_module(module.name)\n"
    )
    for line in run(str(elsewhere / "bin" / "python"), "-c", program, cwd=elsewhere).splitlines():
        assert Path(line).is_relative_to(elsewhere)


def test_the_installed_command_answers_about_a_picture(elsewhere: Path) -> None:
    picture = ROOT / "examples" / "two-cats.png"
    command = str(elsewhere / "bin" / "mm-agent")
    assert run(command, "--version", cwd=elsewhere).startswith("mm-agent, version ")
    answer = run(command, "chat", str(picture), "-q", "How many cats are there?", cwd=elsewhere)
    assert "img-1" in answer
    assert "2" in answer or "two" in answer.lower()


def run(*command: str, cwd: Path) -> str:
    """Run a command in ``cwd`` without this process's Python paths; its stdout, or a failure with both."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
