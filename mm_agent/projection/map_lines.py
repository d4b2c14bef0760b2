"""A map's summary as lines: where it concentrates in words, its spread, its peaks."""

from __future__ import annotations

from mm_agent.projection.budget import Line
from mm_agent.projection.maps import MapPeak, MapSummary
from mm_agent.projection.places import cell_at, cell_words
from mm_agent.projection.wording import box_words, list_words, percent_words, score_words
from mm_agent.prompt_files import Language, render

SPREADS = ((0.15, "concentrated"), (0.4, "partly"), (1.01, "wide"))
"""Share of the picture that reaches half of the peak, up to which a map is called so."""
WORTH_SAYING = 1.5
"""A grid field is named when its share is this many times that of an even map."""


def map_lines(summary: MapSummary, name: str, *, language: Language, query: str | None = None) -> list[Line]:
    """Put a map into lines.

    The first two lines (what it is, where it concentrates) must stay; then come, with weights in (0, 1), the
    spread and the peaks, the highest peak weighing most.

    Args:
        summary: The map in numbers (``maps.summarise_map``).
        name: What the map is of: a media handle, or "picture 1 of 2" in the language.
        query: The text a similarity was taken to; None for activation.
    """
    cells = len(summary.shares)
    grid = {"name": name, "rows": str(summary.rows), "columns": str(summary.columns)}
    if query is None:
        head = render("evidence_map/activation", language, **grid)
    else:
        low, high = score_words(summary.low), score_words(summary.high)
        head = render("evidence_map/similarity", language, query=query, low=low, high=high, **grid)
    if not summary.peaks:
        return [Line(head), Line(render("evidence_map/even", language))]
    even = percent_words(1 / cells**2)
    where = list_words(_fields(summary, language=language), language)
    lines = [
        Line(head),
        Line(render("evidence_map/where", language, where=where, even=even, fields=str(cells**2))),
    ]
    word = next(word for limit, word in SPREADS if summary.spread <= limit)
    lines.append(Line(render(f"evidence_map/{word}", language, share=percent_words(summary.spread)), 0.9))
    for rank, peak in enumerate(summary.peaks, start=1):
        text = _peak(peak, summary, rank=rank, cells=cells, language=language)
        lines.append(Line(text, 0.8 * peak.strength / rank))
    return lines


def _fields(summary: MapSummary, *, language: Language) -> list[str]:
    """Name the grid fields that hold clearly more than an even share, largest first; at least the largest."""
    shares, cells = summary.shares, len(summary.shares)
    ranked = sorted(
        ((share, row, column) for row, line in enumerate(shares) for column, share in enumerate(line)),
        key=lambda field: (-field[0], field[1], field[2]),
    )
    worth = [field for field in ranked if field[0] * cells**2 >= WORTH_SAYING] or ranked[:1]
    return [
        render(
            "evidence_map/field",
            language,
            place=cell_words(row, column, cells=cells, language=language),
            share=percent_words(share),
        )
        for share, row, column in worth
    ]


def _peak(peak: MapPeak, summary: MapSummary, *, rank: int, cells: int, language: Language) -> str:
    """Word one peak: its place, and its pixel box, or its patch when the picture's size is not known."""
    row, column = cell_at(
        peak.column + 0.5, peak.row + 0.5, width=summary.columns, height=summary.rows, cells=cells
    )
    patch = render("evidence_map/patch", language, row=str(peak.row + 1), column=str(peak.column + 1))
    return render(
        "evidence_map/peak",
        language,
        rank=str(rank),
        place=cell_words(row, column, cells=cells, language=language),
        at=box_words(peak.box, language) if peak.box else patch,
        strength=score_words(peak.strength),
    )
