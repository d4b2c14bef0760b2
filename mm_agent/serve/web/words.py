"""What the page says, in English and Chinese. Words for a model are in ``prompts/``; these are for people."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "zh"]

WORDS: dict[str, tuple[str, str]] = {
    "title": ("mm-agent", "mm-agent"),
    "subtitle": (
        "Ask about pictures and videos. Answers name what they rest on.",
        "就图片和视频提问，回答会说明依据。",
    ),
    "other_language": ("中文", "English"),
    "theme": ("Theme", "外观"),
    "new": ("New chat", "新对话"),
    "chat": ("Conversation", "对话"),
    "message": ("Your question", "你的问题"),
    "write": ("Ask about a picture or a video", "就图片或视频提问"),
    "settings": ("Models", "模型"),
    "llm": ("Chat model", "对话模型"),
    "llm_info": ("Words the answer and chooses the tools", "选择工具并组织回答"),
    "vision": ("Vision model", "视觉模型"),
    "vision_info": ("Looks at the pictures and videos", "查看图片和视频"),
    "empty": ("What would you like to know about your pictures?", "想了解图片里的什么？"),
    "empty_hint": (
        "Add pictures or a video with the paper clip, drop them on the box below, or paste them. "
        "Or try one of these:",
        "点击回形针添加图片或视频，也可以拖入或粘贴到下方输入框。或者试试这些例子：",
    ),
    "offline": (
        "The offline planner answers: rules, not a language model.",
        "由离线规划器回答：它是规则，不是语言模型。",
    ),
    "what_picture": ("What is in this picture?", "这张图里有什么？"),
    "what_video": ("What happens in this video?", "这段视频里发生了什么？"),
    "working": ("Looking…", "正在查看…"),
    "note": ("Note", "提示"),
    "loading": ("Loading {model}…", "正在加载 {model}…"),
    "waits": ("The question is answered as soon as it is there.", "加载完成后立即回答。"),
    "not_loaded": (
        "{model} could not be loaded: {error}. {old} goes on answering.",
        "无法加载 {model}：{error}。仍由 {old} 回答。",
    ),
    "cut_off": (
        "The server ended before this answer did; ask again with the arrow below.",
        "服务器在回答结束前停止，可点击下方箭头重新提问。",
    ),
    "stopped": ("Stopped.", "已停止。"),
    "busy": (
        "An answer is still on its way here; wait for it or stop it first.",
        "上一个回答还没有结束，请等待或先停止。",
    ),
    "broken": (
        "Something went wrong on the server; its log says what. The conversation goes on.",
        "服务器出了问题，详情见其日志。对话可以继续。",
    ),
    "too_many": (
        "{name}: left out, a conversation holds at most {most} files; start a new one",
        "{name}：未添加，一次对话最多 {most} 个文件，请开始新对话",
    ),
    "gone": ("{name}: not found here; upload it again", "{name}：文件已不在，请重新上传"),
    "refused_upload": (
        "Too much for one conversation: at most {files} files and {megabytes} MB; start a new one.",
        "超出一次对话的上限：最多 {files} 个文件、{megabytes} MB，请开始新对话。",
    ),
    "call_failed": ("did not work", "未成功"),
    "drawn": ("Drawn by {tool} for {handles}", "{tool} 为 {handles} 绘制"),
    "login": ("Log in", "登录"),
    "user": ("User", "用户名"),
    "password": ("Password", "密码"),
    "token": ("Token", "令牌"),
    "wrong": ("That is not right; try again.", "不正确，请再试一次。"),
    "expired": ("This page is out of date; load it again.", "页面已过期，请重新加载。"),
}

TOOLS: dict[str, tuple[str, str]] = {
    "classify_image": ("Looked what is there", "识别内容"),
    "classify_domain": ("Looked for your labels", "识别领域标签"),
    "match_text": ("Compared with texts", "与文字比较"),
    "count_objects": ("Counted", "计数"),
    "locate": ("Looked where it is", "定位"),
    "inspect_region": ("Looked closer", "仔细查看"),
    "compare_images": ("Compared pictures", "比较图片"),
    "summarise_feature_map": ("Drew a heat map", "绘制热力图"),
    "extract_features": ("Took features", "提取特征"),
    "sample_frames": ("Chose frames", "选取画面"),
    "find_moments": ("Searched the video", "查找视频片段"),
    "describe_video": ("Watched the video", "观看视频"),
}

LABELS: dict[str, str] = {
    "chatbot conversation": "对话",
    "Loading response": "正在回答",
    "Multimedia input field": "提问",
    "Upload a file": "添加文件",
    "Uploaded files": "已添加的文件",
    "File thumbnail": "文件缩略图",
    "Remove file": "移除文件",
    "Uploading": "正在上传",
    "Submit": "发送",
    "Stop": "停止",
}
"""Names of gradio's parts for screen readers, which it has in English only."""

EXAMPLES: tuple[tuple[str, str, str], ...] = (
    ("two-cats", "How many cats are there?", "图里有几只猫？"),
    ("car-bottom-right", "Where is the car?", "汽车在哪里？"),
    ("rocket-and-moon", "What is in this picture?", "这张图里有什么？"),
    ("changing-scene", "When do cars appear in the video?", "视频里什么时候出现汽车？"),
)
"""The name of a drawn example, and a question about it."""


def say(name: str, language: Language, /, **values: object) -> str:
    """A text of the page with its blanks filled in."""
    return WORDS[name][language == "zh"].format(**values)


def tool_title(name: str, language: Language) -> str:
    """What a tool did, in a person's words; a plug-in's by its name."""
    return TOOLS[name][language == "zh"] if name in TOOLS else name
