"""The exam's own ways of asking: none of them is a training phrase (a test checks it)."""

from __future__ import annotations

WORDING = {
    "en": {
        "count": (
            "What's the total of {xs} here?",
            "Could you tell how many {xs} the picture holds?",
            "The {xs}: how many?",
        ),
        "what": (
            "What am I looking at?",
            "Name what the picture contains.",
            "Could you say what's in my picture?",
        ),
        "there": (
            "Would you say there is {ax}?",
            "Could there be {ax} in it?",
            "Is {ax} part of the picture?",
        ),
        "colour": (
            "Which hue fills the background?",
            "What's the colour behind everything?",
            "The background: which color?",
        ),
        "where": ("Whereabouts is the {x}?", "Which side is the {x} on?", "Could you find where the {x} is?"),
        "which": ("Which would you pick for this: {list}?", "So, {list}?", "Would you call it {list}?"),
        "fits": ('Could one say "{s}" about this picture?', 'Is this picture well described by "{s}"?'),
        "second picture": (
            "Now for the second picture: how many {xs}?",
            "How many {xs} does the second one have?",
        ),
        "unknown handle": ("How many {xs} does {r} contain?", "The number of {xs} in {r}, please."),
        "not about media": (
            "What time is it in Paris?",
            "Sing a song for me.",
            "How old is the moon?",
            "Recommend a good book.",
        ),
        "region": (
            "What have we got inside {r}?",
            "The area {r}: what does it hold?",
            "Which thing fills {r}?",
        ),
        "features": (
            "Store an embedding of my picture on disk.",
            "I need the picture's embedding vector as a file.",
            "Write out one vector for all of img-1.",
        ),
        "patch features": (
            "Store the picture's patch embeddings on disk.",
            "I need a file with one vector per patch of the picture.",
            "Write out the grid of patch vectors for img-1.",
        ),
        "map": (
            "Paint an activation picture that shows what stands out.",
            "I'd like to see which parts of img-1 are active.",
            "Produce the picture's activation map for me.",
        ),
        "map of a thing": (
            "Colour the picture by likeness to {ax}, as a heat map.",
            "I'd like a similarity map for the {x}.",
            "Paint a heat picture of where it looks like {ax}.",
        ),
        "happens": (
            "Walk me through the clip.",
            "From start to finish, what does the footage show?",
            "Give me the storyline of my video.",
        ),
        "when": (
            "Between which times is {ax} on screen?",
            "During which seconds does the {x} show up?",
            "The {x}: from when until when is it in the footage?",
        ),
        "frames": (
            "Pick out the stills that tell the story of the clip.",
            "Get me representative shots from the footage.",
            "Which stills of the video deserve a look?",
        ),
        "so many frames": (
            "Pick out {n} stills from the clip.",
            "Get me {n} representative shots of the footage.",
            "Which {n} stills of the video deserve a look?",
        ),
        "compare": (
            "What sets {one} and {two} apart?",
            "Put {one} next to {two}: what changes?",
            "In what way is {one} unlike {two}?",
        ),
        "both": (
            "Both pictures: how many {xs} are in the one, how many in the other?",
            "For either picture, what's the total of {xs}?",
            "The {xs} in the first picture versus the second: how many?",
        ),
        "first picture": (
            "Now for the first picture: how many {xs}?",
            "How many {xs} does the first one have?",
        ),
        "another thing": (
            "Same question for the {xs}.",
            "Now the {xs}, please.",
            "The total of {xs} as well?",
        ),
        "another picture": (
            "Same question, second picture.",
            "Now do that for the second picture.",
            "The second one as well, please.",
        ),
        "that region": (
            "Look into that region: what does it hold?",
            "Which thing fills that region?",
            "What exactly sits inside that region?",
        ),
        "tool": (
            "Try {n} with {j} and tell me the outcome.",
            "I need the outcome of {n}, where {j}.",
            "Let {n} run on {j}: what comes out?",
        ),
    },
    "zh": {
        "count": ("{x}总共几{m}？", "这里面{x}的总数是多少？", "{x}呢，有几{m}？"),
        "what": ("我这张图是什么内容？", "图上都有些什么？", "说说看，图里是什么东西？"),
        "there": ("图里会不会有{x}？", "里面有{x}没有？", "这张图有{x}么？"),
        "colour": ("背景用的是哪种颜色？", "底色是什么？", "图的背景是啥颜色？"),
        "where": ("{x}位于哪里？", "{x}在图的哪一边？", "能找到{x}在哪吗？"),
        "which": ("你觉得是{list}？", "里面的东西是{list}？", "应该算{list}？"),
        "fits": ("能用“{s}”形容这张图吗？", "说这张图是“{s}”，对不对？"),
        "second picture": ("第二张图里{x}总共几{m}？", "第二张呢，{x}有几{m}？"),
        "unknown handle": ("{r} 里面{x}总共几{m}？", "{r} 里{x}的总数是多少？"),
        "not about media": ("巴黎现在几点？", "给我唱首歌吧。", "月亮多少岁了？", "推荐一本好书。"),
        "region": ("{r} 这一块是什么东西？", "{r} 框住的是什么？", "{r} 那块地方有啥？"),
        "features": (
            "把图片的嵌入向量存成文件。",
            "我需要 img-1 的整图向量文件。",
            "请把整张图导出成一个向量。",
        ),
        "patch features": (
            "把图片每个图块的嵌入向量存成文件。",
            "我需要 img-1 逐个图块的向量文件。",
            "请把图块网格的向量导出来。",
        ),
        "map": ("画一张图显示哪里最突出。", "我想看 img-1 哪些部分被激活。", "给图片做一张激活分布图。"),
        "map of a thing": (
            "按与{x}的相似程度给图片着色。",
            "我想要一张与{x}的相似度分布图。",
            "用热度画出图里哪儿像{x}。",
        ),
        "happens": ("这段录像从头到尾演了什么？", "给我讲讲影片的经过。", "录像里先后有哪些东西出场？"),
        "when": ("{x}是从几秒到几秒出镜的？", "录像放到第几秒才有{x}？", "{x}出镜的起止时间是多少？"),
        "frames": (
            "从录像里挑些有代表性的画面。",
            "影片里哪些静止画面最值得看？",
            "给我截取录像的关键画面。",
        ),
        "so many frames": (
            "从录像里挑 {n} 张有代表性的画面。",
            "影片里最值得看的 {n} 张静止画面是哪些？",
            "给我截取录像的 {n} 个关键画面。",
        ),
        "compare": (
            "{one}跟{two}有哪些地方不一样？",
            "把{one}同{two}放一起看，差别在哪？",
            "{one}不像{two}的地方有哪些？",
        ),
        "both": (
            "两张图里{x}总共各几{m}？",
            "分别说说两张图的{x}有多少{m}。",
            "第一张和第二张里的{x}各是几{m}？",
        ),
        "first picture": ("第一张图里{x}总共几{m}？", "第一张呢，{x}有几{m}？"),
        "another thing": ("{x}也数一下。", "换成{x}又是几{m}？", "同样的问题，问{x}。"),
        "another picture": ("同样的问题，问第二张图。", "换成第二张图又如何？", "第二张图也数一下。"),
        "that region": ("那个区域装的是什么东西？", "放大那个区域，看看是啥。", "那一块区域框住了什么？"),
        "tool": (
            "试试 {n}，{j}，告诉我结果。",
            "我需要 {n} 的结果，其中 {j}。",
            "让 {n} 跑一下，{j}，会得到什么？",
        ),
    },
}
