from PIL import Image

from mm_agent.media.cache import PictureCache

SQUARE = Image.new("RGB", (10, 10))  # 300 bytes of pixels


def test_the_least_recently_used_goes_first():
    cache = PictureCache(650)
    cache.put("a", SQUARE)
    cache.put("b", SQUARE)
    assert cache.get("a") is SQUARE
    cache.put("c", SQUARE)
    assert [cache.get(key) is not None for key in "abc"] == [True, False, True]
    assert cache.used_bytes == 600


def test_the_same_key_counts_once():
    cache = PictureCache(1000)
    for _ in range(5):
        cache.put("a", SQUARE)
    assert cache.used_bytes == 300


def test_what_is_larger_than_the_budget_is_not_kept():
    cache = PictureCache(299)
    cache.put("a", SQUARE)
    assert cache.get("a") is None
    assert cache.used_bytes == 0


def test_clear():
    cache = PictureCache(1000)
    cache.put("a", SQUARE)
    cache.clear()
    assert cache.get("a") is None
    assert cache.used_bytes == 0
