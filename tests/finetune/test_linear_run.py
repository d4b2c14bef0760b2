"""A linear run from table to head, and the head in transformers, in the classifier, in a chat."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from langchain_core.utils.function_calling import convert_to_openai_tool
from transformers import AutoImageProcessor, AutoModelForImageClassification

from mm_agent.agent import ask, build_agent, load_chat_model
from mm_agent.errors import CheckpointError, FinetuneError, FingerprintMismatch
from mm_agent.media.store import MediaStore
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.demo.domain import COLUMNS, picture_of
from mm_agent.vision.domain_head import load_head
from mm_agent_tools import SiglipToolkit
from tests.finetune.conftest import Train


def test_the_folder_says_everything(head_folder: Path) -> None:
    assert sorted(os.listdir(head_folder)) == [
        "README.md", "config.json", "confusion.png", "head.json", "metrics.json", "metrics.md",
        "model.safetensors", "parts.csv", "precision-recall.png", "preprocessor_config.json",
    ]  # fmt: skip
    metrics = json.loads((head_folder / "metrics.json").read_text())
    assert metrics["mAP"] > 0.85  # 278 training pictures
    assert metrics["mAP"] > metrics["zero_shot_mAP"] + 0.2
    assert metrics["measured_on"] == "test"
    card = (head_folder / "README.md").read_text()
    assert "4 rows left out" in card
    assert str(head_folder.parent) not in card
    left_out = (head_folder.parent / "left-out.txt").read_text().splitlines()
    assert len(left_out) == 4
    parts = (head_folder / "parts.csv").read_text().splitlines()
    assert len(parts) == 397


def test_transformers_loads_it_and_gives_the_same_logits(head_folder: Path) -> None:
    picture = picture_of("sitar", seed=3)
    model = AutoModelForImageClassification.from_pretrained(head_folder).eval()
    processor = AutoImageProcessor.from_pretrained(head_folder)
    with torch.inference_mode():
        logits = model(**processor(images=picture, return_tensors="pt")).logits
    assert tuple(model.config.id2label.values()) == COLUMNS
    assert model.config.problem_type == "multi_label_classification"
    torch.testing.assert_close(load_head(head_folder).logits([picture]), logits, atol=1e-4, rtol=1e-4)


def test_the_head_reads_what_the_probe_was_trained_on(head_folder: Path, encoder: SiglipEncoder) -> None:
    picture = picture_of("boat", "bus", seed=8)
    head = load_head(head_folder)
    classifier = head.net.model.classifier
    pooled = encoder.patch_features(picture).mean((1, 2))
    expected = pooled @ classifier.weight.T + classifier.bias
    torch.testing.assert_close(head.logits([picture]), expected, atol=1e-3, rtol=1e-3)


def test_the_agent_asks_the_domain_s_tool(head_folder: Path, encoder: SiglipEncoder) -> None:
    store = MediaStore()
    band, hill = picture_of("sitar", "tabla", seed=5), picture_of("mountains", seed=6)
    items = [store.add(band, name="band.png"), store.add(hill, name="hill.png")]
    tools = SiglipToolkit(encoder=encoder, store=store, head=load_head(head_folder)).get_tools()
    assert tools[0].name == "classify_domain"
    agent = build_agent(load_chat_model("offline"), tools)
    for item, question, said in (
        (items[0], "What is in the picture?", ("sitar", "tabla", "classify_domain")),
        (items[1], "Are there mountains?", ("Yes", "mountains", "classify_domain")),
        (items[1], "Is there a harmonium?", ("No", "harmonium", "classify_domain")),
        (items[0], "Which is it: sitar, truck or bus?", ("sitar", "classify_domain")),
        (items[1], "有没有 truck？", ("没有", "truck", "classify_domain")),
        (items[0], "How many drums are there?", ("drum", "count_objects")),
    ):
        answer = ask(agent, question, items=[item], thread_id=question).text
        assert all(word in answer for word in said), answer


def test_without_a_head_nothing_changes(encoder: SiglipEncoder) -> None:
    store = MediaStore()
    item = store.add(picture_of("sitar", seed=5))
    agent = build_agent(load_chat_model("offline"), SiglipToolkit(encoder=encoder, store=store).get_tools())
    assert "classify_domain" not in ask(agent, "What is in the picture?", items=[item]).text


def test_the_tool_s_schema_names_the_labels(head_folder: Path, encoder: SiglipEncoder) -> None:
    store = MediaStore()
    store.add(picture_of("sitar", seed=5))
    (tool,) = SiglipToolkit(
        encoder=encoder, store=store, head=load_head(head_folder), include=("classify_domain",)
    ).get_tools()
    function = convert_to_openai_tool(tool)["function"]
    assert function["parameters"]["properties"]["labels"]["anyOf"][0]["items"]["enum"] == list(COLUMNS)
    assert all(label in function["description"] for label in COLUMNS)
    call = {"name": tool.name, "id": "1", "type": "tool_call"}
    message = tool.invoke({**call, "args": {"image": "img-1", "labels": ["sitar", "bus"]}})
    assert {row["label"] for row in message.artifact["labels"]} == {"sitar", "bus"}
    assert message.artifact["labels"][0]["label"] == "sitar"
    refused = tool.invoke({**call, "args": {"image": "img-1", "labels": ["cat"]}})
    assert refused.status == "error"


def test_a_finished_run_and_other_settings(train: Train, head_folder: Path) -> None:
    run = head_folder.parent
    before = (head_folder / "model.safetensors").stat().st_mtime_ns
    assert train(run) == head_folder
    assert (head_folder / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(FinetuneError, match=r"other settings \(seed 0 there, 1 here\)"):
        train(run, seed=1)


def test_the_same_seed_trains_the_same_head(train: Train, head_folder: Path, tmp_path: Path) -> None:
    again = train(tmp_path / "again")
    assert (again / "model.safetensors").read_bytes() == (head_folder / "model.safetensors").read_bytes()


def test_exclusive_labels_from_folders(train: Train, tmp_path: Path) -> None:
    for label in ("bus", "boat", "cycle"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for seed in range(14):
            picture_of(label, side=64, seed=seed).save(tmp_path / "data" / label / f"{seed}.png")
    head = load_head(train(tmp_path / "run", data=tmp_path / "data"))
    assert head.config.exclusive
    scores = head.classify(picture_of("cycle", side=64, seed=99))
    assert scores[0].label == "cycle"
    assert sum(score.score for score in scores) == pytest.approx(1, abs=1e-5)


def test_damaged_heads_are_refused(head_folder: Path, tmp_path: Path) -> None:
    import shutil

    with pytest.raises(CheckpointError, match=r"has no head\.json"):
        load_head(tmp_path)
    copy = shutil.copytree(head_folder, tmp_path / "copy")
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(bytes(weights))
    with pytest.raises(FingerprintMismatch, match="copy the whole folder again"):
        load_head(copy)
    (copy / "head.json").write_text("{}")
    with pytest.raises(CheckpointError, match="labels: Field required"):
        load_head(copy)
