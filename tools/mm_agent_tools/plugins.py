"""Tools of other packages: factories like ours, under the entry-point group ``mm_agent.tools``.

An entry point's name is the tool's name; it loads a function ``(encoder, store, *, language) -> BaseTool``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points

from langchain_core.tools import BaseTool

from mm_agent.errors import SettingsError

GROUP = "mm_agent.tools"

ToolFactory = Callable[..., BaseTool]


@dataclass(frozen=True)
class ToolPlugin:
    """An installed entry point.

    Attributes:
        name: The tool's name.
        origin: The distribution it comes from, with its version.
        factory: What makes the tool; None when the plug-in is broken.
        problem: Why it is skipped, in one line; None when it works.
    """

    name: str
    origin: str
    factory: ToolFactory | None = None
    problem: str | None = None

    def make(self, *arguments: object, **options: object) -> BaseTool:
        """Make the tool.

        Raises:
            SettingsError: The plug-in is broken, or its factory fails or makes something else.
        """
        if self.factory is None:
            raise self._broken(self.problem)
        try:
            tool = self.factory(*arguments, **options)
        except Exception as error:  # a foreign function may raise anything
            raise self._broken(f"{_words(error)}; mend or uninstall it") from error
        if not isinstance(tool, BaseTool) or tool.name != self.name:
            got = f"the tool {tool.name}" if isinstance(tool, BaseTool) else f"a {type(tool).__name__}"
            raise self._broken(
                f"it made {got}; its factory must return a LangChain tool named as its entry point"
            )
        return tool

    def _broken(self, why: str | None) -> SettingsError:
        return SettingsError(f"the tool plug-in {self.name} of {self.origin} is broken: {why}")


def find_plugins(taken: Container[str]) -> list[ToolPlugin]:
    """Load every plug-in, sorted by name and origin; a broken one comes with its problem.

    Args:
        taken: Names no plug-in may have: those of the built-in tools. Of two plug-ins with one name only the
            first is taken.
    """
    found: list[ToolPlugin] = []
    for point in sorted(_points(tuple(sys.path)), key=lambda point: (point.name, _origin(point))):
        rival = next((plugin for plugin in found if plugin.name == point.name and plugin.factory), None)
        if point.name in taken:
            problem = f"a built-in tool is named {point.name} already; the package must choose another name"
            found.append(ToolPlugin(point.name, _origin(point), problem=problem))
        elif rival is not None:
            problem = f"{rival.origin} has a tool of that name already; uninstall one of them"
            found.append(ToolPlugin(point.name, _origin(point), problem=problem))
        else:
            found.append(_load(point))
    return found


@lru_cache(maxsize=1)
def _points(path: tuple[str, ...]) -> EntryPoints:
    """The entry points of what is installed on `path`; looking reads a file of every distribution there."""
    return entry_points(group=GROUP)


def _load(point: EntryPoint) -> ToolPlugin:
    try:
        factory: ToolFactory = point.load()
    except Exception as error:  # a foreign module may do anything when it is imported
        problem = f"{point.value} cannot be loaded ({_words(error)}); mend or uninstall it"
        return ToolPlugin(point.name, _origin(point), problem=problem)
    if not callable(factory):
        problem = f"{point.value} is no function; it must be (encoder, store, *, language) -> BaseTool"
        return ToolPlugin(point.name, _origin(point), problem=problem)
    return ToolPlugin(point.name, _origin(point), factory=factory)


def _origin(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
