"""Emoji drawings in several styles, as RGBA sprites.

The atlases of all styles ship beside this file: several that training uses, and one that it never sees. They
were rendered once from SVG sets on npm, with ``pip install "mm-agent[train]"`` and npm at hand:

    python -m mm_agent.vision.demo.sprites --out SPRITES

Each style is one WebP atlas (square cells, row by row) and one JSON list of the drawing names in that order.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from mm_agent.errors import MediaNotFound, MissingDependency
from mm_agent.vision.vocabulary import concepts

CELL = 128
COLUMNS = 16
ATLASES = Path(__file__).with_name("sprites")
# What scenes are drawn with unless told otherwise.
SCENE_STYLES = ("noto", "fluent-emoji-flat")
TRAIN_STYLES = (
    "noto",
    "noto-v1",
    "twemoji",
    "fluent-emoji",
    "fluent-emoji-flat",
    "fxemoji",
    "streamline-emojis",
)
HELD_OUT_STYLE = "emojione"
# Where a set names a drawing differently: our name -> the names tried.
ALIASES = {
    "sun": ("sun", "sun-with-face"),
    "robot": ("robot", "robot-face"),
    "airplane": ("airplane", "small-airplane"),
}


@dataclass(frozen=True)
class StyleSheet:
    """The drawings of one style: ``sprites[name]`` is (128, 128, 4) uint8, straight alpha."""

    name: str
    sprites: dict[str, np.ndarray]

    def drawings_of(self, drawings: tuple[str, ...]) -> list[np.ndarray]:
        """The sprites this style has among ``drawings`` (may be empty)."""
        return [self.sprites[name] for name in drawings if name in self.sprites]


@cache
def load_style(name: str, folder: Path = ATLASES) -> StyleSheet:
    """Read one atlas.

    Raises:
        MediaNotFound: the folder has no such style; the message names the command that makes it.
    """
    sheet, index = folder / f"{name}.webp", folder / f"{name}.json"
    if not sheet.is_file() or not index.is_file():
        raise MediaNotFound(
            f"no drawings of style {name!r} in {folder}; "
            f"run `python -m mm_agent.vision.demo.sprites --out {folder}`"
        )
    pixels = np.asarray(Image.open(sheet).convert("RGBA"))
    names = json.loads(index.read_text(encoding="utf-8"))
    return StyleSheet(name, {drawing: pixels[_cell(i)] for i, drawing in enumerate(names)})


def _cell(index: int) -> tuple[slice, slice]:
    row, column = divmod(index, COLUMNS)
    return slice(row * CELL, (row + 1) * CELL), slice(column * CELL, (column + 1) * CELL)


def render_style(name: str, icons: dict, out: Path) -> int:
    """Render every known drawing of an Iconify set into an atlas under ``out``; return how many it has."""
    names, cells = [], []
    for drawing in (d for concept in concepts() for d in concept.drawings):
        svg = _svg(drawing, icons)
        if svg is not None:
            names.append(drawing)
            cells.append(_rasterise(svg))
    rows = -(-len(cells) // COLUMNS)
    atlas = np.zeros((rows * CELL, COLUMNS * CELL, 4), np.uint8)
    for index, cell in enumerate(cells):
        atlas[_cell(index)] = cell
    out.mkdir(parents=True, exist_ok=True)
    Image.fromarray(atlas).save(out / f"{name}.webp", quality=80, method=6)
    (out / f"{name}.json").write_text(json.dumps(names), encoding="utf-8")
    return len(names)


def _svg(drawing: str, icons: dict) -> str | None:
    for name in ALIASES.get(drawing, (drawing,)):
        icon = _icon(name, icons)
        if icon is not None:
            width, height = (
                icon.get("width", icons.get("width", 16)),
                icon.get("height", icons.get("height", 16)),
            )
            left, top = icon.get("left", 0), icon.get("top", 0)
            return (
                f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
                f'viewBox="{left} {top} {width} {height}" color="#222">{icon["body"]}</svg>'
            )
    return None


def _icon(name: str, icons: dict) -> dict | None:
    if name in icons["icons"]:
        return icons["icons"][name]
    alias = icons.get("aliases", {}).get(name)
    # A rotated or flipped alias would need a transform; none of our drawings has one.
    return _icon(alias["parent"], icons) if alias and not {"hFlip", "vFlip", "rotate"} & set(alias) else None


def _rasterise(svg: str) -> np.ndarray:
    try:
        import resvg_py  # pyright: ignore[reportMissingImports]  # in the extra [train]
    except ImportError as missing:
        raise MissingDependency(
            'rendering drawings needs resvg-py: pip install "mm-agent[train]"'
        ) from missing
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=CELL, height=CELL))
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    cell = Image.new("RGBA", (CELL, CELL))
    cell.paste(picture, ((CELL - picture.width) // 2, (CELL - picture.height) // 2))
    return np.asarray(cell)


def fetch_icons(style: str, cache_dir: Path) -> dict:
    """The Iconify set of a style, installed with npm into ``cache_dir`` when it is not there yet.

    Raises:
        MissingDependency: npm is missing or cannot install the package.
    """
    path = cache_dir / "node_modules" / "@iconify-json" / style / "icons.json"
    if not path.is_file():
        command = [
            "npm",
            "install",
            "--silent",
            "--no-save",
            "--prefix",
            str(cache_dir),
            f"@iconify-json/{style}",
        ]
        try:
            cache_dir.mkdir(parents=True, exist_ok=True)
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as failed:
            raise MissingDependency(
                f"cannot fetch drawings with `{' '.join(command)}`; install npm first"
            ) from failed
    return json.loads(path.read_text(encoding="utf-8"))


def main() -> None:
    """Fetch and render all styles, training and held out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True, help="folder for the atlases")
    parser.add_argument("--npm", type=Path, help="folder for npm's packages (default: OUT/npm)")
    parser.add_argument("--styles", nargs="+", default=[*TRAIN_STYLES, HELD_OUT_STYLE])
    options = parser.parse_args()
    for style in options.styles:
        count = render_style(style, fetch_icons(style, options.npm or options.out / "npm"), options.out)
        print(f"{style}: {count} drawings")


if __name__ == "__main__":
    main()
