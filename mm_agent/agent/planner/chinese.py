"""Chinese questions to intents. The text arrives without references to pictures, spaces and politeness."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.chinese_checks import comparison, fitting, presence
from mm_agent.agent.planner.intents import Intent
from mm_agent.agent.planner.nouns import MEASURES, chinese_noun, is_known
from mm_agent.agent.planner.numbers import CHINESE_NUMBER, colours_in
from mm_agent.agent.planner.options import chinese_options
from mm_agent.agent.planner.places import CHINESE_PLACE, part_of
from mm_agent.agent.planner.when import chinese_when

_POLITE = re.compile(
    r"^(?:请问一下|请问|请你|请|麻烦你?|能不能|能否|可以|可否|你能(?!做|干|帮|回答|不能|看)|你可以(?!做|干|帮)|能(?=帮|告诉|说)|帮我|帮忙|帮|告诉我|跟我说|我想知道|我想问"
    r"|想问一下|问一下|你觉得|你认为|你看(?=[，,一看])|看看|看一下|看一看|那么|嗯|好的?|谢谢|嘿|给我(?!.*描述)|说说看|说一下)[，,！。]?"
)
_FRAME = re.compile(
    r"(?:在)?(?:这|那|此|本)?(?:一)?(?:张|幅|个|副|段)?(?:视频|影片|录像|短片|图片|图像|照片|画面|图画|画(?!笔)|相片|图)(?:当中|之中|里面|里边|里头|上面|里"
    r"|中(?![央间心])|内|上(?!方|边|角))?(?:面)?(?:都|一共|总共|共|到底)?"
)
# Where in the scene: "房间里有电视吗" asks for the television, as "is there a television in the room" does.
_IN_SCENE = re.compile(
    r"^(?:房间|屋子|屋|室|客厅|厨房|卧室|教室|办公室|草地|草坪|草|桌子|桌|地|街道|街|马路|路|海滩|沙滩|沙发|天空|天|水|河|湖|海|树|墙|床|车|船|舞台|院子|花园|山)"
    r"(?:里面|里边|里|上面|上边|上|中|内)(?=有|是不是有|是否有|能看到|看得到)"
)
_TOTAL = re.compile(r"(?:一共|总共|共有|到底|究竟|大概|大约|这里面?|里面|一下子|画面中)")
_GREETING = re.compile(
    r"^(?:你好|您好|嗨|哈喽|早上好|早|晚上好|下午好|谢谢你?|多谢|再见|拜拜|在吗|hi|hello)+[呀啊吗！!。]*$"
)
_HELP = re.compile(
    r"(?:你(?:能|会|可以)?(?:做|干|帮)(?:些|点)?(?:什么|啥|哪些)|你是谁|怎么用|帮助|使用说明|有(?:什么|哪些)功能|能问(?:你)?(?:什么|啥)|你是什么)"
)
_COUNT = re.compile(
    rf"(?:(?:有|是|看到|看见|能?看到|数出|画了|出现了?)?(?:几|多少)(?P<measure>[{MEASURES}])?(?P<after>[^，。]*)$)"
)
_COUNT_BEFORE = re.compile(
    rf"^(?:数一?数(?:一下)?|数|统计一?下?|清点一?下?|算算)?(?:看)?(?P<noun>[^，。？]*?)的?(?:数量|数目|个数|只数)(?:是|为|有)?(?:多少|几)?[个只]?$"
    rf"|^(?P<b>[^，。？有]+?)(?:一共|总共)?(?:有|是)?(?:几|多少)[{MEASURES}]?$"
    r"|^(?:请)?(?:数一?数|数出|数数|统计|清点|算算|数)(?:一下|看|有)*(?P<c>[^，。？]+)$"
)
_WHERE = re.compile(
    r"^(?P<a>.+?)(?:都)?(?:位于|在|处于|处在|放在|画在|的(?=什么[位地方]|哪个[位地方]))(?:图片?|画面)?(?:的)?(?:哪儿|哪里|哪边"
    r"|哪个?(?:位置|地方|角落|方向|部分|区域)|哪|什么(?:位置|地方|方位|方向)|何处|何方)"
    r"|^(?:哪里|哪儿|什么地方|何处|哪个位置)(?:有|是|能看到)(?P<b>.+)$|^(?P<c>.+?)的(?:位置|坐标|方位)(?:在哪里?|是什么|是哪里|呢)?$"
    r"|^(?:找一?找|找到|找出|找一下|定位|指出|标出|圈出|标记|框出|找)(?:一下)?(?P<d>.+?)(?:的位置|在哪里?|在哪儿)?$"
)
_WHAT_AT = re.compile(
    rf"^(?P<place>(?:在)?{CHINESE_PLACE})(?:的)?(?:是|有|画的?是?|那个是|的东西是)(?:些|个)?(?:什么|啥).*$"
)
_DESCRIBE = re.compile(
    r"描述|介绍|说说|讲讲|讲一下|讲述|形容|概括|总结|有(?:些|点)?(?:什么|啥|哪些|何物)|(?:看|见)(?:到|见|得到|得见)?了?(?:些)?(?:什么|啥|哪些)"
    r"|什么内容|发生了?什么|讲了?什么|什么变化|内容是|都是(?:些)?什么|列出|说明"
)
_IDENTIFY = re.compile(
    r"(?:是|叫|画了|画的|画着|显示的?是?|认出|看出是|为)(?:个|一个|一种|哪种|哪个)?(?:什么|啥|何物|何)|什么东西|是哪[种个]?(?:动物|东西|物体|水果|车)"
    r"|(?:什么|哪种|啥)(?:动物|物体|水果|蔬菜|食物|植物|花|车|交通工具|生物|鸟)"
    r"|^(?:识别|辨认|认一下|认一认|认出|猜猜|猜一猜|命名|分类)"
)
_FOLLOW = re.compile(r"^(?:那么|那|还有|以及|然后|再|和|或者|或)?(?P<rest>.*?)(?:呢|怎么样|如何)?$")


def tidy(question: str) -> str:
    """Drop spaces between Chinese words, politeness and the end mark."""
    text = re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", question.strip()).strip(" ？?！!。.，,")
    while (shorter := _POLITE.sub("", text, count=1).strip(" ？?！!。，,")) != text and shorter:
        text = shorter
    return text


def parse_chinese(text: str) -> Intent:
    """The intent of one tidied question."""
    if not text:
        return want.FollowUp()
    if intent := _small_talk(text) or chinese_when(_FRAME.sub("", text)) or fitting(text) or comparison(text):
        return intent
    bare = _TOTAL.sub("", _IN_SCENE.sub("", _FRAME.sub("", text))).strip("，, 的")
    if not bare:
        return want.FollowUp()
    for rule in _RULES:
        if intent := rule(bare):
            return intent
    return want.Unsupported()


def _small_talk(text: str) -> Intent | None:
    if _GREETING.match(text):
        return want.Greeting()
    if re.search(r"(?:几|多少)[张幅个](?:图|照片|相片)", text) and not re.search(r"图[里中上]", text):
        return want.HowManyPictures()
    return want.Help() if _HELP.search(text) else None


def _more(text: str) -> Intent | None:
    """猫比狗多吗, 猫多还是狗多, 猫和狗哪个多."""
    if match := re.match(
        r"^(?P<a>.+?)(?:的数量)?(?:是不是|是否)?比(?P<b>.+?)(?:的数量)?(?:要|更)?(?P<how>多|少)(?:吗|么|一些)?$",
        text,
    ):
        which = False
    elif (match := re.match(r"^(?:是)?(?P<a>.+?)(?P<how>多|少)，?还是(?P<b>.+?)(?:更)?[多少]$", text)) or (
        match := re.match(
            r"^(?P<a>.+?)[和与跟](?P<b>.+?)(?:，)?(?:哪一?[个种]|谁)(?:更|比较|的数量)?(?P<how>多|少).*$",
            text,
        )
    ):
        which = True
    else:
        return None
    first, second = chinese_noun(match["a"]), chinese_noun(match["b"])
    if not first or not second:
        return None
    return want.MoreOf(first, second, fewer=match["how"] == "少", asks_which=which)


def _count(text: str) -> Intent | None:
    if re.fullmatch(r"数(?:一?数)?(?:一下|看)?", text):
        return want.Count((want.PRONOUN,))
    either = re.search(
        rf"{CHINESE_NUMBER}[{MEASURES}](?P<a>[^还，]*)，?还是{CHINESE_NUMBER}[{MEASURES}](?P<b>.*)$", text
    )
    if either:
        return _counted(either["b"] or either["a"])
    before = _COUNT_BEFORE.match(text)
    if (
        before
        and (phrase := before["noun"] or before["b"] or before["c"])
        and not re.search(r"几|多少", phrase)
    ):
        return _counted(re.sub(r"^(?:有)", "", phrase))
    match = _COUNT.search(text)
    if match is None:
        return None
    after, measured = match["after"] or "", f"{match['measure'] or ''}{match['after'] or ''}"
    return _counted(measured if is_known(measured) else after, subject=text[: match.start()])


def _counted(words: str, *, subject: str = "") -> Intent:
    """The count of what stands behind the number word, or, when nothing does, before it."""
    words = re.sub(
        r"(?:在里面|在上面|在这里|可以看到|能看到|能看见|被画出来|出现)+$", "", words.strip("？?吗呢啊的，")
    )
    if not words.strip("个只"):
        words = re.sub(r"(?:里|中|上|数数|数一数|，)", "", subject)
    words = re.sub(r"(?:各自?|分别|都)$", "", words)
    phrases = re.split(
        r"[和与及、，]|跟(?!鞋)|以及",
        re.sub(rf"(?<=[和与跟及、，])(?:有)?(?:几|多少)[{MEASURES}]?", "", words),
    )
    nouns = [noun for phrase in phrases if (noun := chinese_noun(phrase)) is not None]
    return want.Count(tuple(noun for noun in nouns if noun)) if nouns else want.Count((want.PRONOUN,))


def _colour(text: str) -> Intent | None:
    named = colours_in(text)
    if (
        re.search(r"(?:什么|哪种|何种|啥|哪个|哪一种|哪些)(?:颜)?色|颜色(?:是|呢|为|怎么样)?|色调", text)
        and not named
    ):
        subject = re.split(r"的?颜色|是(?:什么|哪|何|啥)|(?:什么|哪种|何种|啥)(?:颜)?色", text)[0]
        noun = chinese_noun(subject)
        plain = not noun or noun == want.PRONOUN or re.search(r"背景|底|^图|后面", subject)
        return want.Colour(thing=None if plain else noun)
    if named and re.search(r"背景|底色|底", text) and not re.search(r"有[几多]", text):
        return _of_named(named)
    if named and (
        match := re.match(
            r"^(?P<noun>.+?)(?:是|是不是|是否)(?P<what>[^是]*色)(?:的)?(?:吗|么|还是.*)?$", text
        )
    ):
        noun = chinese_noun(match["noun"])
        thing = None if not noun or noun == want.PRONOUN else noun
        return _of_named(named, thing)
    return None


def _of_named(named: Sequence[str], thing: str | None = None) -> want.Colour:
    """One named colour is a claim, several are options."""
    return (
        want.Colour(thing, options=tuple(named)) if len(named) > 1 else want.Colour(thing, claimed=named[0])
    )


def _where(text: str) -> Intent | None:
    match = _WHERE.match(text)
    if not match:
        return None
    words = next(part for part in match.groups() if part)
    nouns = [noun for phrase in re.split(r"[和与、]|跟(?!鞋)", words) if (noun := chinese_noun(phrase))]
    return want.Where(tuple(nouns)) if nouns else None


def _what_at(text: str) -> Intent | None:
    match = _WHAT_AT.match(text)
    return want.Identify(part_of(match["place"])) if match else None


def _choose(text: str) -> Intent | None:
    options = chinese_options(text)
    return want.Choose(options) if len(options) > 1 else None


def _look(text: str) -> Intent | None:
    if _DESCRIBE.search(text):
        return want.Describe()
    if _IDENTIFY.search(text):
        return want.Identify()
    # "图里有什么" and the like, once the frame is gone
    return want.Describe() if re.fullmatch(r"(?:是|有|都)*(?:些)?(?:什么|啥)(?:东西|物体)?", text) else None


def _follow_up(text: str) -> Intent | None:
    match = _FOLLOW.match(text)
    rest = (match["rest"] if match else text).strip("，, ")
    if not rest:
        return want.FollowUp()
    if re.fullmatch(r"(?:它的)?(?:背景|底色|背景颜色)", rest):
        return want.Colour()
    if rest in ("位置", "在哪", "哪里"):
        return want.Where((want.PRONOUN,))
    if rest != text and (deeper := parse_chinese(rest)) != want.Unsupported():
        return deeper
    words = re.split(r"[和与、]|跟(?!鞋)", rest)
    asked_on = text.endswith("呢") or not text.startswith(rest)
    if not all(is_known(word) or (asked_on and len(word) <= 6) for word in words):
        return None
    nouns = tuple(noun for word in words if (noun := chinese_noun(word)) and len(noun) <= 40)
    return want.FollowUp(nouns) if nouns else None


_RULES: tuple[Callable[[str], Intent | None], ...] = (
    _more,
    _count,
    _colour,
    _what_at,
    _where,
    _choose,
    presence,
    _look,
    _follow_up,
)
