"""Texts and dictionaries: canonical spellings, nouns, what goes to the tokenizer and to the teacher."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from mm_agent.errors import FinetuneError
from mm_agent.vision.text_rules import TextRules
from tests.training.photo.builders import concept, image_set, names
from training.photo.corpus import Corpus
from training.photo.templates import in_template
from training.photo.texts import canonical, spelled
from training.photo.wordnet import WordNet
from training.photo.words import Words, chinese_nouns, read_words

CEDICT = """# CC-CEDICT
蘋果 苹果 [ping2 guo3] /apple/CL:個|个[ge4]/
蘋果派 苹果派派派 [ping2 guo3 pai4] /apple/
跑 跑 [pao3] /to run/
狗 狗 [gou3] /(zoology) a dog/hound/
"""


@pytest.fixture
def wordnet(tmp_path: Path) -> WordNet:
    (tmp_path / "cntlist.rev").write_text("dog%1:05:00:: 1 9\nrun%2:38:00:: 1 50\nidea%1:09:00:: 1 20\n")
    (tmp_path / "data.noun").write_text(
        "  1 licence\n"
        "1 13 n 01 apple 0 000 | food\n"
        "2 09 n 01 justice 0 000 | not physical\n"
        "3 06 n 01 tape_recorder 0 000 | artifact\n"
    )
    return WordNet(tmp_path)


def test_training_texts_are_spelt_as_the_encoder_spells_them() -> None:
    rules = TextRules("photo", True, True, 32, {}, {})
    for text in ("A dog, running!", "一只狗，在跑。", "  Tape—recorder…  ", "St. John's"):
        assert canonical(text) == rules.canonicalise(text)


def test_labels_are_spelt_as_people_write_them() -> None:
    assert (spelled("Water_Lilly"), spelled("Tape_Recorder")) == ("water lily", "tape recorder")


def test_articles_agree_inside_templates() -> None:
    rng = np.random.default_rng(0)
    apples = {in_template("apple", rng) for _ in range(200)}
    assert {"apple", "an apple", "a photo of an apple", "there is an apple in the picture"} <= apples
    assert {"a dog", "a picture of a dog"} <= {in_template("dog", rng) for _ in range(200)}
    assert "a photo of an eagle" in {in_template("eagle", rng) for _ in range(200)}
    chinese = {in_template("苹果", rng) for _ in range(200)}
    assert {"苹果", "一张苹果的照片", "图里有苹果"} <= chinese


def test_common_nouns_come_first_then_physical_things(wordnet: WordNet) -> None:
    assert wordnet.common_nouns(10) == ["idea", "dog", "apple", "tape recorder"]
    assert wordnet.common_nouns(1) == ["idea"]


def test_wordnet_s_files_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match=r"has no data.noun; pass usr/share/wordnet"):
        WordNet(tmp_path / "elsewhere")


def test_chinese_words_are_those_that_translate_a_noun(tmp_path: Path, wordnet: WordNet) -> None:
    file = tmp_path / "cedict.gz"
    file.write_bytes(gzip.compress(CEDICT.encode()))
    assert chinese_nouns(file, {"apple", "dog"}) == ["苹果", "狗"]
    found = read_words(wordnet, file)
    assert (found.english[:2], found.chinese) == (("idea", "dog"), ("苹果", "狗"))
    assert read_words(None, file) == Words()
    file.write_text("not gzipped")
    with pytest.raises(FinetuneError, match="is no gzipped CC-CEDICT"):
        read_words(wordnet, file)


def test_each_learner_gets_its_texts() -> None:
    captions = ("A dog.", "Two dogs.", "Three dogs.")
    sets = [
        image_set({"captions": captions, "captions_zh": ("一只狗。",)}, {"captions": ("x",), "split": "val"})
    ]
    corpus = Corpus.of(sets, names(concept("dog", "狗狗")), Words(("idea",), ("想法",)))
    assert corpus.for_tokenizer() == [
        *("a dog", "two dogs", "three dogs", "一只狗"),
        *("dog", "dogs", "狗狗") * 3,
        *("idea", "想法"),
    ]
    assert corpus.chinese_words() == {"想法", "狗狗"}
    assert corpus.for_teacher() == ["a dog", "一只狗", "two dogs", "dog", "dogs", "狗狗", "idea", "想法"]
    assert corpus.for_word_loss() == ["idea", "想法", *("dog", "dogs", "狗狗") * 2]


def test_the_teacher_is_asked_for_the_commonest_english_words_and_random_chinese_ones() -> None:
    words = Words(tuple(map(str, range(12_000))), tuple(f"字{number}" for number in range(14_000)))
    asked = words.for_teacher()
    assert asked[:5000] == list(words.english[:5000])
    assert len(set(asked[5000:])) == 8000
    assert max(int(word[1:]) for word in asked[5000:]) > 13_000
    assert asked == words.for_teacher()
