"""``summarise_feature_map``: where a picture's features, or its similarity to a text, concentrate."""

from __future__ import annotations

import torch
from langchain_core.tools import BaseTool

from mm_agent.media.store import MediaStore
from mm_agent.projection.evidence import FeatureMapEvidence, LabelScore
from mm_agent.projection.map_evidence import Peak
from mm_agent.projection.maps import activation_map, summarise_map
from mm_agent.prompt_files import Language, detect_language
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.overlay import draw_heatmap
from mm_agent.vision.presence import own_presence
from mm_agent_tools._inputs import Look, one_line, open_picture
from mm_agent_tools._making import make_tool
from mm_agent_tools._regions import query_heatmap, require_regions


def summarise_feature_map_tool(
    encoder: SiglipEncoder, store: MediaStore, *, language: Language = "en"
) -> BaseTool:
    """Make the tool for an encoder, a media store and the language of its text."""

    def summarise_feature_map(image: str, query: str | None = None) -> FeatureMapEvidence:
        """Say in words where in a picture the encoder's features concentrate: grid fields, spread, peaks.

        Without a query the map shows where the picture differs from its average, whatever is there. With a
        query it shows where the picture resembles those words. A heat map picture is saved.

        Args:
            image: Media handle of the picture, such as img-1, or of a region, such as img-1@40,60,220,300.
            query: A thing to look for, such as cat, in English or Chinese. Leave out for the general map.
        """
        require_regions(encoder)
        look = open_picture(store, image)
        if query is None:
            heat, scores = torch.from_numpy(activation_map(encoder.patch_features(look.image)[0])), ()
        else:
            query = one_line(query, "query")
            heat, scores = query_heatmap(encoder, look, query), _whole(encoder, look, query)
        evidence = FeatureMapEvidence.from_summary(
            summarise_map(heat, size=look.image.size),
            look.item.handle,
            encoder=encoder.fingerprint,
            notice=encoder.notice(language),
            query=query,
            scores=scores,
            heatmap_path=store.save_artifact(draw_heatmap(look.image, heat), f"heatmap-{look.item.handle}"),
        )
        return evidence.model_copy(update={"peaks": tuple(_moved(peak, look) for peak in evidence.peaks)})

    return make_tool(summarise_feature_map, language=language)


def _whole(encoder: SiglipEncoder, look: Look, query: str) -> tuple[LabelScore, ...]:
    """Score the query on the whole picture, so that a map of something absent is not taken for a find."""
    score = own_presence(encoder, look.image, query, language=detect_language(query))
    return (LabelScore(label=query, score=score, present=score >= encoder.presence_threshold),)


def _moved(peak: Peak, look: Look) -> Peak:
    """Say a peak's box in pixels of the whole picture."""
    return peak.model_copy(update={"box": look.whole_box(peak.box)}) if peak.box else peak
