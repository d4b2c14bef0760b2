"""``make demo``: the agent answers questions about the shipped examples, as ``mm-agent chat`` would."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from mm_agent.cli.common import Call, Verb, common_options, llm_option, pass_call
from mm_agent.cli.conversation import Conversation
from mm_agent.errors import MediaNotFound


@dataclass(frozen=True)
class Scene:
    """One question about one or more of the files in ``examples/``."""

    pictures: tuple[str, ...]
    question: str


SCENES = (
    Scene(("photos/dog.jpg",), "What is in this picture?"),
    Scene(("photos/bridge.jpg",), "这张照片里有什么？"),
    Scene(("photos/drums-and-guitar.jpg",), "Where is the guitar?"),
    Scene(("photos/living-room.jpg",), "房间里有电视机吗？"),
    Scene(("photos/cockatoo-then-city.mp4",), "When can the bird be seen?"),
    Scene(("two-cats.png",), "图里有猫吗？"),
)


@click.command(cls=Verb)
@click.argument("folder", default="examples", type=click.Path(path_type=Path))
@llm_option
@common_options
@pass_call
def demo(call: Call, folder: Path) -> None:
    """Ask the agent about the pictures in FOLDER and show its tool calls, evidence and answers."""
    if not folder.is_dir():
        raise MediaNotFound(f"there is no folder {folder}; run this in the checkout, or name a folder")
    for scene in SCENES:
        paths = [str(folder / name) for name in scene.pictures]
        click.secho(f'$ mm-agent chat {" ".join(paths)} -q "{scene.question}"', bold=True)
        conversation = Conversation(call)
        for path in paths:
            conversation.add(path, alone=True)
        conversation.ask(scene.question, show=True)
        click.echo()
    conversation.introduce()


if __name__ == "__main__":
    demo(prog_name="demo")
