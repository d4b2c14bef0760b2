"""Write the card (``mm_agent.json``) of freshly trained demo weights: templates, notice, fitted thresholds.

python -m mm_agent.vision.demo.card WEIGHTS
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mm_agent.vision.card import CARD_FILE
from mm_agent.vision.demo.measure import fit_tag_threshold, fit_threshold
from mm_agent.vision.encoder import SiglipEncoder

CARD = {
    "family": "demo",
    "templates": {
        "en": ["{label}", "a photo of {label}", "a picture of {label}", "there is {label} in the picture"],
        "zh": ["{label}", "图里有{label}", "一张{label}的照片", "这是{label}"],
    },
    "count_templates": {
        "en": ["{label}", "a photo of {label}", "there are {label} in the picture"],
        "zh": ["{label}", "图里有{label}", "一张{label}的照片"],
    },
    "notice": {
        "en": "These demo weights know drawn stickers, not photos; for photos use --vision siglip2-so400m.",
        "zh": "演示权重只认识手绘贴纸，不认识照片；看照片请用 --vision siglip2-so400m。",
    },
    "vocabulary": "stickers",
    "trained_on": "scenes drawn from emoji, English and Chinese captions; see docs/demo-model.md",
}


def main() -> None:
    """Write the card, fit the thresholds with it, write it again."""
    parser = argparse.ArgumentParser(description="Write the card of demo weights.")
    parser.add_argument("weights", type=Path)
    weights = parser.parse_args().weights
    card = weights / CARD_FILE
    card.write_text(json.dumps(CARD, ensure_ascii=False, indent=1), encoding="utf-8")
    encoder = SiglipEncoder.from_pretrained(weights, dtype="float32")
    fitted = {
        "presence_threshold": round(fit_threshold(encoder), 4),
        "tag_threshold": round(fit_tag_threshold(encoder), 4),
    }
    card.write_text(json.dumps(CARD | fitted, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(fitted)


if __name__ == "__main__":
    main()
