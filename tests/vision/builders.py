"""Local checkpoints with random weights and small trained tokenizers, saved the way the hub stores them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import sentencepiece
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPTokenizer,
    PreTrainedTokenizerFast,
    Siglip2Config,
    Siglip2ImageProcessor,
    Siglip2Model,
    SiglipConfig,
    SiglipImageProcessor,
    SiglipModel,
)

from mm_agent.vision.families.photo_model import PhotoModel, photo_config

THINGS = ("cat", "dog", "car", "tree", "house", "airplane", "hamburger", "flower", "book", "bird", "fish")
CORPUS = [
    *(
        f"This is a photo of {count} {thing}{'s' if count != 'a' else ''}."
        for thing in THINGS
        for count in "a234"
    ),
    *(f"a {colour} {thing} on the left" for thing in THINGS for colour in ("red", "green", "blue")),
    "这是一张两只猫的照片。",
    "the quick brown fox jumps over the lazy dog",
]


def siglip(
    folder: Path,
    *,
    hidden: int = 64,
    layers: int = 2,
    heads: int = 4,
    mlp: int | None = None,
    image: int = 64,
    patch: int = 16,
    vocabulary: int = 512,
    gemma: bool = False,
    text_length: int = 64,
) -> Path:
    """A `SiglipModel` checkpoint: SigLIP 1 with SentencePiece, or SigLIP 2 with a Gemma-like tokenizer."""
    shape = {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": mlp or 4 * hidden,
    }
    config = SiglipConfig(
        text_config={
            **shape,
            "max_position_embeddings": text_length,
            "vocab_size": vocabulary,
            "bos_token_id": 2,
            "eos_token_id": 1,
            "pad_token_id": 1,
        },
        vision_config={**shape, "image_size": image, "patch_size": patch},
    )
    _save(SiglipModel, config, folder)
    SiglipImageProcessor(size={"height": image, "width": image}, resample=3).save_pretrained(folder)
    (_gemma_tokenizer if gemma else sentencepiece_tokenizer)(folder)
    return folder


def naflex(
    folder: Path, *, hidden: int = 64, layers: int = 2, heads: int = 4, mlp: int | None = None
) -> Path:
    """A `Siglip2Model` checkpoint with a trained grid of 16 × 16 patches of 16 pixels."""
    shape = {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": mlp or 4 * hidden,
    }
    config = Siglip2Config(
        text_config={**shape, "vocab_size": 512, "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0},
        vision_config={**shape, "num_patches": 256, "patch_size": 16},
    )
    _save(Siglip2Model, config, folder)
    Siglip2ImageProcessor(patch_size=16, max_num_patches=256).save_pretrained(folder)
    _gemma_tokenizer(folder)
    return folder


def photo(
    folder: Path,
    *,
    hidden: int = 64,
    layers: int = 1,
    heads: int = 4,
    image: int = 96,
    text_hidden: int = 64,
    text_layers: int = 2,
    text_length: int = 32,
) -> Path:
    """A `PhotoModel` checkpoint as it ships: float16, without the tower; 3 × 3 tokens by default."""
    sentencepiece_tokenizer(folder, pad_id=0)
    pieces = sentencepiece.SentencePieceProcessor()
    pieces.LoadFromFile(str(folder / "spiece.model"))
    torch.manual_seed(0)
    model = PhotoModel(
        photo_config(
            hidden_size=hidden,
            vision_layers=layers,
            heads=heads,
            vocab_size=pieces.get_piece_size(),
            text_size=text_hidden,
            text_layers=text_layers,
            text_heads=heads,
            max_length=text_length,
            image_size=image,
        )
    )
    with torch.no_grad():
        model.logit_scale.fill_(4.7)
        model.logit_bias.fill_(-5.0)
        model.vision_model.embeddings.position_embedding.normal_(std=0.5)
        model.text_model.position_embedding.normal_(std=0.5)
    model.half().save_pretrained(folder)
    processor = SiglipImageProcessor(
        size={"height": image, "width": image}, resample=3, image_mean=[0.498] * 3, image_std=[0.502] * 3
    )
    (folder / "processor_config.json").write_text(json.dumps({"image_processor": processor.to_dict()}))
    return folder


def clip(folder: Path) -> Path:
    """A small `CLIPModel` checkpoint with a byte-level tokenizer without merges."""
    shape = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    end = len(pieces) - 1
    config = CLIPConfig(
        text_config={
            **shape,
            "vocab_size": len(pieces),
            "bos_token_id": end - 1,
            "eos_token_id": end,
            "pad_token_id": end,
        },
        vision_config={**shape, "image_size": 64, "patch_size": 16},
        projection_dim=48,
    )
    _save(CLIPModel, config, folder)
    CLIPImageProcessor(size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64}).save_pretrained(
        folder
    )
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77).save_pretrained(folder)
    return folder


def write_card(folder: Path, **card: object) -> None:
    """Puts an ``mm_agent.json`` beside the checkpoint."""
    (folder / "mm_agent.json").write_text(json.dumps(card), encoding="utf-8")


def _save(model_class: type, config: object, folder: Path) -> None:
    """Random weights with a scale and bias of the published size, so that probabilities spread."""
    torch.manual_seed(0)
    model = model_class(config).eval()
    with torch.no_grad():
        model.logit_scale.fill_(4.7)
        if hasattr(model, "logit_bias"):
            model.logit_bias.fill_(-5.0)
    model.save_pretrained(folder)


def sentencepiece_tokenizer(folder: Path, *, pieces: int = 160, pad_id: int = -1) -> None:
    """Files as google/siglip-base-patch16-224 has them: spiece.model and a tokenizer_config without masks.

    That checkpoint pads with its end token; with a `pad_id`, there is a token for it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text.lower() for text in CORPUS),
        model_writer=model,
        vocab_size=pieces,
        hard_vocab_limit=False,
        pad_id=pad_id,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
    )
    (folder / "spiece.model").write_bytes(model.getvalue())
    config = {
        "tokenizer_class": "SiglipTokenizer",
        "do_lower_case": True,
        "eos_token": "</s>",
        "pad_token": "</s>" if pad_id < 0 else "<pad>",
        "unk_token": "<unk>",
        "model_max_length": 64,
        "model_input_names": ["input_ids"],
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")


def _gemma_tokenizer(folder: Path) -> None:
    """A byte-fallback BPE tokenizer that keeps case and ends each text with <eos>, as SigLIP 2 has."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    specials = ["<pad>", "<eos>", "<bos>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=specials, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A <eos>", special_tokens=[("<eos>", 1)])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        bos_token="<bos>",
        unk_token="<unk>",
        padding_side="right",
        model_max_length=64,
        model_input_names=["input_ids"],
    )
    fast.save_pretrained(folder)
