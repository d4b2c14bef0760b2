"""The README files and the manual tell the truth: Python runs, commands work, links lead somewhere."""

from __future__ import annotations

import glob
import importlib.util
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import matplotlib.pyplot as plt
import pytest
from click.testing import CliRunner

from mm_agent.cli.main import main
from tests.docs_blocks import blocks, commands, links

ROOT = Path(__file__).parents[1]
PAGES = sorted(path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(autouse=True)
def beside_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run in an empty folder that sees the examples, so that written files do not land in the checkout."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    yield
    plt.close("all")


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=named)
def test_python_blocks_run_in_order(page: Path) -> None:
    namespace: dict[str, object] = {"__name__": "page"}
    for block in blocks(page, "python"):
        code = compile("\n" * block.line + block.text, str(page), "exec")
        if not block.network:
            exec(code, namespace)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "console")], ids=named)
def test_commands_work(page: Path) -> None:
    for block in blocks(page, "console"):
        for command in commands(block):
            words = shlex.split(command)
            if words[0] == "make":
                assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), command
                continue
            assert words[0] == "mm-agent", command
            arguments = [path for word in words[1:] for path in (sorted(glob.glob(word)) or [word])]
            if block.network:
                assert reads(arguments), command
            else:
                outcome = CliRunner().invoke(main, arguments, catch_exceptions=False)
                assert outcome.exit_code == 0, f"{command}\n{outcome.output}"


def reads(arguments: list[str]) -> bool:
    """Whether the command line parses, without running it."""
    command: click.Command = main
    context = click.Context(main, **main.context_settings)
    while isinstance(command, click.Group):
        name, *arguments = arguments
        inner = command.get_command(context, name)
        assert inner is not None
        command, context = inner, click.Context(inner, info_name=name, parent=context)
    command.make_context(command.name, arguments, parent=context.parent)
    return True


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        other = (page.parent / path) if path else page
        assert other.exists(), f"{named(page)}: {target}"
        if anchor:
            assert anchor in anchors(other), f"{named(page)}: {target}"


def anchors(page: Path) -> set[str]:
    """The page's headings as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_help_pages_have_not_drifted() -> None:
    spec = importlib.util.spec_from_file_location("help_pages", ROOT / "docs" / "help_pages.py")
    assert spec is not None
    assert spec.loader is not None
    help_pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(help_pages)
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == help_pages.page(), "run: make help-pages"


def test_every_manual_page_is_reachable_from_the_index() -> None:
    linked = {
        (ROOT / "docs" / target.partition("#")[0]).resolve() for target in links(ROOT / "docs" / "index.md")
    }
    assert {page.resolve() for page in (ROOT / "docs").glob("*.md") if page.name != "index.md"} <= linked


def test_both_readmes_show_the_same_commands_and_links() -> None:
    english, chinese = (ROOT / "README.md", ROOT / "README.zh-CN.md")
    for language in ("python", "console"):
        assert len(blocks(english, language)) == len(blocks(chinese, language))
    verbs = [
        sorted(command.split()[:2] for block in blocks(page, "console") for command in commands(block))
        for page in (english, chinese)
    ]
    assert verbs[0] == verbs[1]
    other = {"README.md", "README.zh-CN.md"}
    assert set(links(english)) - other == set(links(chinese)) - other


def test_one_version() -> None:
    import mm_agent

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == mm_agent.__version__


def test_no_file_for_installing_names_an_index() -> None:
    for path in [
        *(ROOT / "requirements").iterdir(),
        ROOT / "pyproject.toml",
        ROOT / "Makefile",
        ROOT / ".ci" / "run",
    ]:
        text = path.read_text(encoding="utf-8")
        assert "index-url" not in text.replace("--no-emit-index-url", ""), path
        assert "://" not in text.replace("git+https://", ""), path
