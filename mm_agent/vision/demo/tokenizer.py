"""The demo model's own SentencePiece tokenizer, trained on its own captions in both languages."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import sentencepiece
from transformers import SiglipTokenizer

from mm_agent.vision.demo import captions
from mm_agent.vision.demo.scenes import sample_scene
from mm_agent.vision.vocabulary import concepts

VOCABULARY = 2200
MAX_LENGTH = 20


def train_tokenizer(folder: Path, *, seed: int, sentences: int = 60_000) -> SiglipTokenizer:
    """Train on random captions and write the tokenizer's files into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    # Written through memory: a file name given to SentencePiece would end up inside the model.
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_sentences(seed, sentences)),
        model_writer=model,
        vocab_size=VOCABULARY,
        model_type="bpe",
        character_coverage=1.0,
        byte_fallback=True,
        normalization_rule_name="nmt_nfkc_cf",
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    (folder / "spiece.model").write_bytes(model.getvalue())
    tokenizer = SiglipTokenizer(str(folder / "spiece.model"), model_max_length=MAX_LENGTH, pad_token="<pad>")
    tokenizer.save_pretrained(folder)
    return tokenizer


def _sentences(seed: int, count: int) -> list[str]:
    rng = np.random.default_rng(seed)
    texts = [name for concept in concepts() for name in (concept.en, concept.en_plural, concept.zh)] * 20
    while len(texts) < count:
        claims = captions.sample_claims(sample_scene(rng), rng)
        texts.append(captions.word(claims, "zh" if rng.random() < 0.5 else "en", rng).text)
    return texts
