"""A head's metrics as pictures: precision-recall curves, and which label is said where which is true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

MOST_CURVES = 20
"""More labels than this are drawn without a legend."""


def draw_plots(metrics: dict[str, Any], folder: Path) -> None:
    """Write ``precision-recall.png`` and ``confusion.png``."""
    _draw_curves(metrics, folder / "precision-recall.png")
    _draw_confusion(metrics, folder / "confusion.png")


def _draw_curves(metrics: dict[str, Any], path: Path) -> None:
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    rows = {label: row for label, row in metrics["labels"].items() if row["pictures"]}
    figure = Figure(figsize=(8.5, 5), layout="constrained")
    axes = figure.subplots()
    colours = colormaps["tab20"].resampled(20)
    for number, (label, row) in enumerate(rows.items()):
        curve = row["curve"]
        recall, precision = [0.0, *curve["recall"]], [curve["precision"][0], *curve["precision"]]
        name = f"{label} {row['average_precision']:.2f}"
        axes.plot(recall, precision, label=name, color=colours(number % 20), linewidth=1.4)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.03))
    axes.set_title(f"{metrics['pictures']} {metrics['measured_on']} pictures, mAP {metrics['mAP']:.3f}")
    axes.grid(alpha=0.3)
    if len(rows) <= MOST_CURVES:
        figure.legend(loc="outside right center", title="average precision", frameon=False, fontsize=9)
    figure.savefig(path, dpi=120)


def _draw_confusion(metrics: dict[str, Any], path: Path) -> None:
    from matplotlib.figure import Figure

    labels = list(metrics["labels"])
    counts = np.array(metrics["confusion"], dtype=float)
    there = np.array([[metrics["labels"][label]["pictures"]] for label in labels]).clip(1)
    shares = counts / there
    side = min(4 + 0.32 * len(labels), 24)
    figure = Figure(figsize=(side + 1, side), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=60, ha="right", rotation_mode="anchor", fontsize=8)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.set(xlabel="said", ylabel="true")
    axes.set_title("share of a label's pictures for which each label is said", fontsize=10)
    if len(labels) <= MOST_CURVES:
        for (row, column), share in np.ndenumerate(shares):
            if share >= 0.005:
                colour = "white" if share > 0.5 else "black"
                axes.text(
                    column,
                    row,
                    f"{share:.2f}".lstrip("0"),
                    ha="center",
                    va="center",
                    fontsize=7,
                    color=colour,
                )
    figure.colorbar(image, ax=axes, shrink=0.7)
    figure.savefig(path, dpi=120)
