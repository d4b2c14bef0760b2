"""How people ask in the training dialogues; alternatives in brackets, ``{x}`` a thing, ``{in}`` the picture.

The exam asks in other words (``exam.py``), which a test checks.
"""

from __future__ import annotations

EN = {
    "count": (
        "[How many|So how many|How many of the] {xs} [are there|are visible|do you see|can you see|are shown|can be seen] {in}?",
        "[Count|Please count|Can you count] the {xs} {in}[.|]",
        "[What|Tell me what] number of {xs} [is there|do you see] {in}?",
        "[Give me|I need|Say] the number of {xs} {in}.",
        "How many {xs} {in}?",
        "Are there [one|two|three|several|many] {xs} {in}, or how many?",
    ),
    "what": (
        "What [is|'s] {this}?", "What [do you see|can you see|is shown|is there|is visible] {in}?", "What is {in}?",
        "[Describe|Please describe|Tell me about] {this}[.|]", "What does {this} show?", "[Say|Tell me] what you see {in}.",
        "What thing is [shown|seen] {in}?", "What can be seen {in}?", "Which [things|objects] are {in}?",
    ),
    "there": (
        "Is there {ax} {in}?", "[Do|Can] you see {ax} {in}?", "Do you see any {xs} {in}?", "Are there [any|] {xs} {in}?",
        "[Does {this} show|Does {this} have] {ax}?", "Can {ax} be seen {in}?", "Is [any|a single] {x} {in}?",
        "[Tell me whether|Check whether|Check if] there is {ax} {in}.", "{this} has {ax}, right?",
    ),
    "colour": (
        "[What|Which] [colour|color] [is|has] the background {in}?", "What is the [background colour|background color|colour of the background] {in}?",
        "[Tell me|Say|Name] the [background colour|background color|color of the background] {in}.", "What [colours|colors] [are there|do you see] {in}?",
        "Which [colour|color] is behind the things {in}?", "What [colour|color] is {this}?",
    ),
    "where": (
        "Where is the {x} {in}?", "Where [do you see|can I see] the {x} {in}?", "[Find|Locate|Please find] the {x} {in}[.|]",
        "[In which|At which|In what] [part|place|corner] is the {x} {in}?", "Where are the {xs} {in}?", "[Show|Tell] me where the {x} is {in}.",
        "What is the [place|box] of the {x} {in}?",
    ),
    "which": (
        "[Which|Which one] of these [is it|is {in}|do you see {in}]: {list}?", "Is it {list} {in}?", "Is {this} {list}?",
        "[What is {in}|What do you see {in}], {list}?", "[Choose|Pick|Decide] {in}: {list}[.|]", "Does {this} show {list}?",
    ),
    "fits": (
        '[Does|Would] ["{s}"|the sentence "{s}"|the caption "{s}"] [fit|describe|match] {this}?', 'Is ["{s}"|the sentence "{s}"] [right|true|correct] {in}?',
        '[Check|Please check] the [caption|sentence|statement] "{s}" {in}.', 'How well does "{s}" [fit|match] {this}?', '"{s}" - [true|is that so|does that fit] {in}?',
    ),
    "compare": (
        "[Compare|Please compare] {one} [and|with|to] {two}[.|]", "How [do|are] {one} and {two} [differ|different]?",
        "What is [different|the difference] between {one} and {two}?", "[How similar|How alike] are {one} and {two}?",
        "[Are|Do] {one} and {two} [the same|alike]?", "What [changed|is different] from {one} to {two}?",
    ),
    "each": (
        "How many {xs} are [in each picture|in each of them|in every picture|in each image]?", "[Count|Please count] the {xs} in [all pictures|each picture|every image].",
        "How many {xs} do {one} and {two} [show|have]?", "How many {xs} are in {one} and how many in {two}?",
    ),
    "happens": (
        "What [happens|is going on|is shown|can be seen] in {this}?", "[Describe|Please describe|Summarise] {this}[.|]", "What does {this} show over time?",
        "What do you see in {this}?", "What [is|'s] in {this}?", "[Give me|Make] a timeline of {this}.", "Tell me [what happens|about what is] in {this}.",
    ),
    "when": (
        "When [can you see|do you see|is there|can I see] {ax} in {this}?", "When does {ax} [appear|show up|come] in {this}?", "At [what time|which second] is [the|there a] {x} in {this}?",
        "[Find|Show me] the moments with {ax} in {this}.", "Is there [ever|at any time] {ax} in {this}?", "[From when to when|How long] is the {x} [visible|seen] in {this}?",
        "When is the {x} in {this}?",
    ),
    "frames": (
        "[Pick|Choose|Give me|Show me] [some|a few|good] frames [of|from] {this}[.|]", "Which frames of {this} are worth a look?", "[Sample|Extract] frames from {this}.",
        "[Pick|Choose|Give me|Show me|Sample] {n} frames [of|from] {this}[.|]",
    ),
    "features": (
        "[Save|Extract|Give me|Compute] the features of {this}[.|]", "[Save|Extract|I need] the [feature vector|embedding] of {this}.",
    ),
    "patches": ("[Save|Extract|Give me|Compute] the patch features of {this}[.|]", "I need the [patch features|grid of features] of {this}."),
    "map": (
        "Where do the features concentrate {in}?", "[Summarise|Describe] the feature map of {this}[.|]", "[Make|Draw] a heat map of {this}[.|]",
    ),
    "map_of": ("[Make|Draw|Show] a heat map [of|for] the {x} {in}[.|]", "[Summarise|Describe] the map of {x} {in}.", "Where does {this} resemble {ax}?"),
    "part": (
        "What is in [that|this|the] [region|part|place]?", "[Look closer at|Inspect|Zoom into] [that|this|the] [region|part|place][.|]", "What do you see there?",
    ),
    "box": ("What is [in|inside] {r}?", "[Look closer at|Inspect|Describe|Zoom into] {r}[.|]", "What does {r} show?", "What do you see in {r}?"),
    "again_noun": ("[And|What about|And what about|And how about] the {xs}?", "And {xs}?", "[And how many|How many] {xs}?", "Now count the {xs}."),
    "again_there": ("[And|What about|And what about|How about] {ax}?", "And {ax}?", "[And is|Is] there {ax}[ too|]?"),
    "again_picture": ("[And|What about] in {r}?", "[And|What about|How about|And what about|Now] {r}?", "The same for {r}."),
    "chat": (
        "[Hello|Hi|Good morning|Hey there|Hello there]!", "[Tell|Write] me a [joke|story|poem] about {xs}.", "What is the capital of {x}?", "Who [are you|made you|won the game|wrote this book]?",
        "[What|How] is the weather [today|tomorrow]?", "How [do I|can I] [cook|repair|buy|build] {ax}?", "What is [two plus three|7 times 8|12 + 30]?", "[Translate|Explain] the word {x}.",
        "Why [do people like|are there] {xs} in the world?", "Do you like {xs}?", "[Thank you|Thanks|Bye|Good night]!", "What can you do?", "Write [code|a program|a letter] for me.", "[Give me|I need] advice about [money|love|work|my {x}].",
    ),
}
ZH = {
    "count": (
        "{in}[有几|有多少|一共有几|能看到几]{m}{x}？", "[数一数|数数|请数一下|帮我数一下]{in}[有几|有多少]{m}{x}[。|]", "{in}的{x}有[几{m}|多少{m}|多少]？", "{in}有[几|多少]{x}？",
        "{x}{in}有几{m}？", "告诉我{in}{x}的[数量|个数]。",
    ),
    "what": (
        "{this}是什么？", "{in}有[什么|什么东西|哪些东西]？", "[你|]在{in}[看到了什么|能看到什么]？", "[描述|请描述|说说]一下{this}[。|]", "{this}[画的是|显示的是|里面是]什么？", "{in}[是什么|是啥]？", "{in}能看到[什么|哪些东西]？", "你看到了什么？",
    ),
    "there": (
        "{in}有{x}吗？", "{in}有没有{x}？", "{in}[能看到|能不能看到|看得到]{x}吗？", "[你|]能在{in}看到{x}吗？", "{in}[是否有|是不是有]{x}？", "[看看|检查一下|确认一下]{in}有没有{x}。", "{this}里有{x}，对吗？",
    ),
    "colour": (
        "{in}背景是什么颜色[的|]？", "{in}[背景颜色|背景的颜色]是什么？", "{in}有[哪些|什么]颜色？", "[说出|告诉我]{in}[的背景颜色|背景的颜色]。", "{this}是什么颜色的？", "{in}东西后面是什么颜色？",
    ),
    "where": (
        "{in}{x}在哪[里|儿|]？", "{x}在{in}的[什么位置|哪里|哪个位置|哪一块]？", "[找到|找一下|请找出|定位]{in}的{x}[。|]", "[告诉我|说说]{in}{x}在哪里。", "{in}的{x}在哪个[角|地方|位置]？", "哪里有{x}？",
    ),
    "which": (
        "{in}是{list}？", "{this}是{list}？", "{in}[是下面哪一个|是哪一个|是哪个]：{list}？", "[选一个|挑一个|判断一下]，{in}是{list}？", "{list}，{in}是哪个？",
    ),
    "fits": (
        "“{s}”[这句话|这个说法|]符合{this}吗？", "“{s}”这句话[对吗|正确吗|符不符合{this}]？", "[检查|判断|看看]“{s}”[是否|是不是]符合{this}。", "{this}[符合|能用]“{s}”[来描述|]吗？", "“{s}”和{this}[相符吗|匹配吗]？",
    ),
    "compare": (
        "[比较|请比较|对比]{one}[和|与]{two}[。|]", "{one}和{two}有什么[不同|区别|差别|不一样]？", "{one}[和|与]{two}[一样吗|相同吗|像不像|有多像]？", "{one}和{two}[差在哪里|哪里不同]？",
    ),
    "each": ("每张图[里|]有几{m}{x}？", "[各张图里|每张图片里|所有图里]各有[几|多少]{m}{x}？", "{one}和{two}各有[几|多少]{m}{x}？", "[数一数|数数]每张图[里的|里]{x}。"),
    "happens": (
        "{this}里[发生了什么|有什么|是什么内容|出现了什么]？", "[描述|请描述|总结|概括]一下{this}[。|]", "{this}[讲了什么|是什么内容|的内容是什么]？", "给{this}做一个时间线。", "{this}里能看到什么？",
    ),
    "when": (
        "{this}里[什么时候|何时|哪几秒|第几秒][有|出现|能看到|出现了]{x}？", "{x}[什么时候|何时|第几秒]在{this}里[出现|能看到]？", "[找出|找到]{this}里有{x}的[时段|时间|片段]。", "{this}里[有没有出现过|出现过]{x}[吗|]？", "{this}里从几秒到几秒有{x}？",
    ),
    "frames": ("[从|请从]{this}里[挑|选|取][几帧|一些帧][。|]", "{this}的哪些帧值得看？", "[从|请从]{this}里[挑|选|取|抽]{n}帧[。|]"),
    "features": ("[提取|保存|计算|导出]{this}的特征[。|]", "[提取|给我|我要]{this}的[特征向量|嵌入]。"),
    "patches": ("[提取|保存|计算|导出]{this}的图块特征[。|]",),
    "map": ("{in}特征集中在哪里？", "[总结|描述]一下{this}的特征图[。|]", "[画|生成]{this}的热力图[。|]"),
    "map_of": ("[画|生成|做]{in}{x}的热力图[。|]", "[总结|描述]一下{in}{x}的分布图。", "{this}[哪里|哪些地方]像{x}？"),
    "part": ("那[里|个区域|个位置|一块]有什么？", "[仔细看看|放大看看|检查一下]那[个区域|里|一块][。|]", "那个区域是什么？"),
    "box": ("{r} 里[有什么|是什么]？", "[仔细看看|放大看看|描述一下] {r}[。|]", "{r} 是什么？"),
    "again_noun": ("那{x}呢？", "{x}呢？", "[还有|那]{x}有几{m}？", "[再|]数一下{x}。", "[那么|]{x}有多少？"),
    "again_there": ("那{x}呢？", "{x}呢？", "[那|还]有{x}吗？", "有没有{x}？"),
    "again_picture": ("{r} 呢？", "那 {r} 呢？", "{r} 也看一下。"),
    "chat": (
        "[你好|您好|早上好|嗨]！", "[讲|写]一个关于{x}的[笑话|故事|诗]。", "{x}的首都是哪里？", "你是谁？", "谁[发明了|写了|赢了]{x}？", "[今天|明天]天气怎么样？", "怎么[做|修|买]{x}？", "[二加三|7 乘 8|12 + 30]等于几？", "[翻译|解释]一下“{x}”这个词。",
        "为什么世界上有{x}？", "你喜欢{x}吗？", "[谢谢|再见|晚安]！", "你会做什么？", "帮我写[代码|一封信|作文]。", "[给我|我需要]一些[理财|感情|工作]建议。",
    ),
}
PHRASES = {"en": EN, "zh": ZH}
