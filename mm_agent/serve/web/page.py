"""The page: a conversation, a box to ask in, and the models to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio import themes

from mm_agent.serve.web.handlers import Handlers
from mm_agent.serve.web.words import WORDS, say

_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Noto Sans CJK SC", "PingFang SC")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono")
_FILE_TYPES = ["image", "video"]

_LANGUAGE_JS = "() => mmAgent.otherLanguage()"
_THEME_JS = "() => mmAgent.otherTheme()"


def build_page(handlers: Handlers, *, llms: Sequence[str], visions: Sequence[str]) -> gr.Blocks:
    """Put the page together.

    Args:
        handlers: What its events do.
        llms: Chat models to choose from.
        visions: Vision models to choose from.
    """
    words = i18n()
    with gr.Blocks(title="mm-agent", analytics_enabled=False, fill_height=True, fill_width=True) as page:
        with gr.Row(elem_id="head"):
            gr.HTML(_heading(), elem_id="heading")
            new = gr.Button(words(_key("new")), elem_id="new", size="sm", min_width=0, scale=0)
            other = gr.Button(
                words(_key("other_language")), elem_id="language", size="sm", min_width=0, scale=0
            )
            theme = gr.Button(words(_key("theme")), elem_id="theme", size="sm", min_width=0, scale=0)
        chat = gr.Chatbot(
            label=words(_key("chat")),
            show_label=False,
            elem_id="chat",
            scale=1,
            height=None,
            layout="bubble",
            buttons=["copy"],
            allow_tags=False,
            latex_delimiters=[],
            placeholder=_placeholder(),
        )
        box = gr.MultimodalTextbox(
            label=words(_key("message")),
            show_label=False,
            placeholder=words(_key("write")),  # pyright: ignore[reportArgumentType]
            file_types=_FILE_TYPES,
            file_count="multiple",
            elem_id="box",
            autofocus=True,
            max_plain_text_length=4000,
        )
        about = gr.Markdown("", elem_id="about")
        with gr.Accordion(words(_key("settings")), open=False, elem_id="models"), gr.Row():
            llm = _picker("llm", llms, words)
            vision = _picker("vision", visions, words)
        _wire(page, handlers, chat=chat, box=box, new=new, about=about, llm=llm, vision=vision)
        other.click(None, js=_LANGUAGE_JS)
        theme.click(None, js=_THEME_JS)
    return page


def _wire(page: gr.Blocks, handlers: Handlers, **parts: Any) -> None:
    """Say which event does what. Events wait rather than work, so none is limited."""
    chat, box, llm, vision = parts["chat"], parts["box"], parts["llm"], parts["vision"]
    shown = [box, chat]
    hidden: dict[str, Any] = {
        "show_progress": "hidden",
        "api_visibility": "private",
        "concurrency_limit": None,
    }
    # Files stay where they are: the gate has seen that they are the visitor's own.
    begun = (
        page.load(handlers.load, None, [chat], **hidden),
        box.submit(handlers.send, [box], shown, preprocess=False, **hidden),
        chat.example_select(handlers.example, None, shown, **hidden),
        chat.retry(handlers.retry, None, shown, **hidden),
    )
    # An event that ends at once is free for the next question; the answer is followed by one of its own.
    for event in begun:
        event.then(handlers.follow, None, shown, trigger_mode="multiple", **hidden)
    models = [llm, vision, parts["about"]]
    page.load(handlers.models, None, models, **hidden)
    page.load(handlers.stay, None, None, **hidden)
    box.stop(handlers.stop, None, None, **hidden)
    chat.undo(handlers.undo, None, shown, **hidden)
    parts["new"].click(handlers.new, None, shown, **hidden)
    for picker, use in ((llm, handlers.use_llm), (vision, handlers.use_vision)):
        # Another choice may follow before the models of the first one are loaded.
        picker.select(use, None, [*models, chat], trigger_mode="multiple", **hidden)


def i18n() -> gr.I18n:
    """The page's words, for gradio to choose from by the browser's language."""
    english, chinese = ({_key(name): pair[index] for name, pair in WORDS.items()} for index in (0, 1))
    return gr.I18n(en=english, **{"zh-CN": chinese})


def _key(name: str) -> str:
    """Gradio translates every text of the page that is a key, so no key may be a word."""
    return f"mm_agent.{name}"


def look() -> themes.Base:
    """Gradio's part of the looks, with fonts of the system: others would be fetched. The rest is page.css."""
    return themes.Base(
        primary_hue=themes.colors.orange,
        neutral_hue=themes.colors.zinc,
        radius_size=themes.sizes.radius_lg,
        font=[themes.Font(name) for name in (*_FONTS, "sans-serif")],
        font_mono=[themes.Font(name) for name in (*_MONO, "monospace")],
    )


def _both(name: str, tag: str) -> str:
    """A text in both languages; the style shows the one the page is in."""
    english, chinese = say(name, "en"), say(name, "zh")
    return f'<{tag} lang="en">{english}</{tag}><{tag} lang="zh-CN">{chinese}</{tag}>'


def _heading() -> str:
    return f"<h1>mm-agent</h1>{_both('subtitle', 'p')}"


def _placeholder() -> str:
    return f"{_both('empty', 'h2')}{_both('empty_hint', 'p')}"


def _picker(name: str, specs: Sequence[str], words: gr.I18n) -> gr.Dropdown:
    """A choice of models; without a choice it only says which one there is."""
    return gr.Dropdown(
        list(specs),
        value=specs[0],
        label=words(_key(name)),
        info=words(_key(f"{name}_info")),
        interactive=len(specs) > 1,
        elem_id=name,
    )
