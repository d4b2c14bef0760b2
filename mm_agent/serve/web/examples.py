"""The pictures and the video to try, drawn when the server starts; an installed wheel has no others."""

from __future__ import annotations

from pathlib import Path

from mm_agent.serve.web.words import EXAMPLES

VIDEO = "changing-scene"


def draw_examples(folder: Path) -> dict[str, Path]:
    """Draw what `EXAMPLES` names into a folder; takes about a second.

    Returns:
        The file of each name.
    """
    from PIL import Image

    from mm_agent.vision.demo import examples as drawn

    folder.mkdir(parents=True, exist_ok=True)
    scenes = {example.name: example for example in drawn.EXAMPLES}
    files: dict[str, Path] = {}
    for name, *_ in EXAMPLES:
        files[name] = folder / (f"{name}.mp4" if name == VIDEO else f"{name}.png")
        if name == VIDEO:
            drawn.film(files[name])
        else:
            Image.fromarray(drawn.draw(drawn.scene_of(scenes[name]), drawn.SIDE)).save(files[name])
    first = Image.fromarray(drawn.draw(drawn.scene_of(drawn.SHOTS[0]), drawn.SIDE))
    files[f"{VIDEO}-icon"] = folder / f"{VIDEO}-icon.png"
    first.save(files[f"{VIDEO}-icon"])
    return files
