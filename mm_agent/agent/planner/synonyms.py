"""Everyday words for things the vocabulary knows under another name, one thing a line."""

from __future__ import annotations

_TABLE = """
cat: kitten, kitty, 猫咪, 小猫
dog: puppy, doggy, 狗狗, 小狗
rabbit: bunny, 兔
tiger: 虎
lion: 狮
cow: 牛
sheep: 羊
elephant: 象
rhinoceros: rhino
monkey: 猴
whale: 鲸
shark: 鲨
crocodile: 鳄
ladybug: ladybird
duck: 鸭
eagle: 鹰
rose: 玫瑰花
Christmas tree: xmas tree
pineapple: 凤梨
peach: 桃
tomato: 西红柿
eggplant: aubergine
ear of corn: corn
hamburger: burger, 汉堡包
doughnut: donut
ice cream: 冰激凌
birthday cake: cake, 蛋糕
house: 房屋
bus: 巴士, 公共汽车
fire truck: fire engine
taxi: cab, 的士
car: 车, 小汽车, 轿车
truck: lorry
motorcycle: motorbike, 摩托
bicycle: bike, 单车, 脚踏车
airplane: plane, aeroplane, jet
sailboat: boat
moon: 月球
star: 星
cloud: 云朵
umbrella: 伞
flame: fire
gift box: present, gift
soccer ball: football
ping-pong paddle: ping pong paddle
die: dice
necktie: tie
T-shirt: tee shirt, tshirt
backpack: 包
handbag: purse
shoe: sneaker, 鞋
telephone: phone
television: tv, 电视机
light bulb: bulb
flashlight: torch
"""

_LINES = (line.partition(": ") for line in _TABLE.strip().splitlines())

SYNONYMS: dict[str, str] = {word: name for name, _, words in _LINES for word in words.split(", ")}
"""From the other word to the vocabulary's English name."""
