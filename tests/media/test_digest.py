from PIL import Image

from mm_agent.media import digest
from mm_agent.media.digest import picture_digest
from tests.media.pictures import quarters


def test_pixels_decide():
    changed = quarters()
    changed.putpixel((7, 5), (255, 255, 254))
    assert picture_digest(quarters()) == picture_digest(quarters())
    assert picture_digest(quarters()) != picture_digest(changed)


def test_the_shape_counts_too():
    assert picture_digest(Image.new("RGB", (4, 6))) != picture_digest(Image.new("RGB", (6, 4)))


def test_other_modes_count_as_the_rgb_they_show():
    grey = Image.new("L", (4, 4), 9)
    assert picture_digest(grey) == picture_digest(grey.convert("RGB"))


def test_the_band_size_does_not_matter(monkeypatch):
    whole = picture_digest(quarters(30, 20))
    monkeypatch.setattr(digest, "_BAND_ROWS", 7)
    assert picture_digest(quarters(30, 20)) == whole
