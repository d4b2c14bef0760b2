"""Chinese yes-no questions, sentences to judge, and questions across pictures."""

from __future__ import annotations

import re

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.intents import Intent, Quantity, Relation, Side
from mm_agent.agent.planner.nouns import MEASURES, canonical, chinese_noun, is_known
from mm_agent.agent.planner.numbers import CHINESE_NUMBER, colours_in, number
from mm_agent.agent.planner.places import CHINESE_PLACE, part_of

_QUOTED = re.compile(r"[\"“「『'‘](?P<text>[^\"”」』'’]{2,})[\"”」』'’]")
_FITS = re.compile(
    r"对(?:吗|不对|么)|正确|符合|匹配|相符|吻合|贴切|合适|准确|属实|成立|是真的|真假|描述|适合|句|说法"
)
_AFTER_COLON = re.compile(
    r"^[^：:]*(?:句|话|描述|说法|标题|符合|匹配|判断|对吗|正确|准确)[^：:]*[：:](?P<a>.{3,}?)[？?。]?$"
    r"|^(?P<b>[^，,：:]{4,}?)[，,]?(?:这句话|这个?说法|这个?描述|这样说|这么说)(?:是)?(?:对的?|正确的?|准确的?|符合.*|成立|贴切)(?:吗|么|不对|不)?$"
    r"|^(?P<c>[^，,：:]{4,})[，,](?:对吗|对不对|是吗|是不是|对么|正确吗|没错吧)$"
    r"|^(?:说|这句话)(?P<d>[^，,：:]{4,}?)(?:对吗|对不对|正确吗|准确吗|符合.*|合适吗|贴切吗)$"
)
_WHICH = re.compile(
    r"(?:哪一?(?:张|幅)(?:图片|照片|图像|图|画)?|哪(?:一)?个(?:图片|照片|图像|图))(?:片)?(?:里面|里|中|上)?(?P<rest>.*)$"
)
_SAME = re.compile(
    r"一样|相同|不同|区别|差别|差异|比较一?下?(?:这|两|图|第)|对比|相似|异同|一致|共同点|^比较$"
)
_PLACE_CHECK = re.compile(
    rf"^(?P<noun>.+?)(?:是不是|是否|是)?在(?:图片?|画面)?的?(?P<place>{CHINESE_PLACE})(?:吗|么|是吗)?$"
    rf"|^(?P<place2>{CHINESE_PLACE})(?:有没有|是不是有|有|是)(?P<noun2>.+?)(?:吗|么)?$"
)
_BESIDE = re.compile(
    r"^(?P<first>.+?)(?:是不是|是否|是)?在(?P<second>.+?)的?(?P<side>左|右|上|下)(?:边|面|方|侧)(?:吗|么)?$"
)
_SIDES: dict[str, Side] = {"左": "left", "右": "right", "上": "above", "下": "below"}
_THERE = re.compile(
    r"^(?:你|我们?)?(?:里面?|其中|中|上面?|这里)?(?:有没有|有无|是否有|是不是有|是否存在|是否包含|是否能看到|包不包含|能不能看到|看不看得到|能看到|看得到|能看见"
    r"|看得见|看到|看见|存在|包含|出现|还有没有|还有|也有|有)(?P<noun>.+?)(?:在里面|存在|出现)?(?:了)?(?:吗|么|没有|没|嘛|吧)?$"
)
_IS = re.compile(
    r"^(?:这|那|它|这个|那个|这些|图|画的|东西)*(?:是不是|是否是|是否为|是否|就?是|算是)(?P<noun>.+?)(?:吗|么|吧|嘛)?$"
)
_PRESENT = re.compile(
    r"^(?P<noun>.+?)(?:在不在|存在吗|在吗|出现了吗|有没有|有吗|有么|是否存在|是否出现|存不存在|有没有出现)(?:里面|这里|上面)?$"
)
_DOING = re.compile(
    r"^(?:有没有|有)?(?:人们?|他们?|她们?|男人|女人|男孩|女孩|孩子们?)(?:是不是|是否|是|正|都)*在(?P<doing>.+?)(?:吗|么|吧)?$"
)
_RELATIONS: tuple[tuple[str, Relation], ...] = (
    ("至少", ">="), ("最少", ">="), ("不少于", ">="), ("至多", "<="), ("最多", "<="), ("不超过", "<="),
    ("超过", ">"), ("多于", ">"), ("不止", ">"), ("少于", "<"), ("不到", "<"),
    ("正好", "="), ("恰好", "="), ("刚好", "="), ("只有", "="), ("只", "="),
)  # fmt: skip


def fitting(text: str) -> Intent | None:
    """Whether a sentence fits, quoted or beside 对吗 and the like."""
    if quoted := _QUOTED.search(text):
        rest = text.replace(quoted.group(), "")
        return (
            want.Fits(quoted["text"].strip(" 。"))
            if _FITS.search(rest) or not rest.strip("？?。吗呢")
            else None
        )
    match = _AFTER_COLON.match(text)
    sentence = next((part for part in match.groups() if part), "") if match else ""
    sentence = re.sub(r"^(?:这张)?图(?:片)?(?:里|中|上)(?=有)", "", sentence.strip("，, "))
    return want.Fits(sentence) if len(sentence) > 2 else None


def comparison(text: str) -> Intent | None:
    """Which picture, or whether and how pictures differ."""
    if match := _WHICH.search(text):
        before = re.sub(r"^在|(?:是|出现)?在$|的$", "", text[: match.start()])
        return _which_picture(match["rest"], before)
    return want.Same() if _SAME.search(text) else None


def _which_picture(rest: str, before: str) -> Intent | None:
    if re.search(r"背景|底", rest) and (named := colours_in(rest)):
        return want.WhichPicture(colour=named[0])
    quantity: Quantity = "any"
    if re.search(r"多", rest):
        quantity = "most"
    elif re.search(r"少", rest):
        quantity = "fewest"
    words = re.sub(r"(?:的?数量|更|最|比较|较|多|少|一些|呢|吗|里面|里|中|上|面(?!包))", "", rest)
    words = re.sub(r"^(?:是|的|有|包含|能看到|看到|出现了?|画了|画的是|画着|显示)+", "", words).strip(
        "？?的 "
    )
    noun = chinese_noun(words or before.strip("，,"))
    if noun is None and quantity == "any":
        return None
    return want.WhichPicture(noun or "", quantity)


def presence(text: str) -> Intent | None:
    """有没有, 是不是, and the same with numbers and places."""
    if re.search(r"什么|啥|哪|几|多少|谁|怎|为何|多大", text):
        return None
    if (match := _DOING.match(text)) and is_known(match["doing"]):
        return want.Presence((canonical(match["doing"]),))
    return _placed(text) or _beside(text) or _there(_limits_last(text))


def _limits_last(text: str) -> str:
    """至少有两只狗 to 有至少两只狗, the order the other sentences have."""
    words = "|".join(prefix for prefix, _ in _RELATIONS)
    return re.sub(rf"^(?P<limit>{words})(?:有|是)?(?={CHINESE_NUMBER})", r"有\g<limit>", text)


def _placed(text: str) -> Intent | None:
    match = _PLACE_CHECK.match(text)
    if not match:
        return None
    noun = chinese_noun(
        re.sub(rf"^(?:一|{CHINESE_NUMBER})(?=[{MEASURES}])", "", match["noun"] or match["noun2"])
    )
    part = part_of(match["place"] or match["place2"])
    return want.PlaceCheck(noun, part) if noun and part else None


def _beside(text: str) -> Intent | None:
    match = _BESIDE.match(text)
    if not match:
        return None
    first, second = chinese_noun(match["first"]), chinese_noun(match["second"])
    return want.Beside(first, _SIDES[match["side"]], second) if first and second else None


def _there(text: str) -> Intent | None:
    match = _THERE.match(text) or _PRESENT.match(text) or _IS.match(text)
    return _claim(match["noun"]) if match else None


def _claim(words: str) -> Intent | None:
    """Presence, or a check of a number when the words hold one; 一只猫 alone asks for presence."""
    relation: Relation = "="
    limited = False
    for prefix, meaning in _RELATIONS:
        if words.startswith(prefix) and re.match(CHINESE_NUMBER, words.removeprefix(prefix)):
            words, relation, limited = words.removeprefix(prefix), meaning, True
            break
    if match := re.match(rf"(?P<number>{CHINESE_NUMBER})[{MEASURES}](?P<noun>.+)$", words):
        noun, many = chinese_noun(match["noun"]), number(match["number"])
        if noun and many is not None and (limited or many != 1):
            return want.CountCheck(noun, many, relation)
        words = match["noun"]
    every = not re.search(r"或者?|还是", words)
    nouns = tuple(
        noun
        for part in re.split(r"或者|跟(?!鞋)|[和与、及或]|以及|还是", words)
        if (noun := chinese_noun(part))
    )
    return want.Presence(nouns, every=every) if nouns else None
