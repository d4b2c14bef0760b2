import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from mm_agent.errors import MediaDecodeError, MediaError, MediaRefused
from mm_agent.media.decode import decode_image
from mm_agent.media.picture import to_picture
from mm_agent.media.pillow_guard import pillow_guard
from mm_agent.media.policy import MediaPolicy
from tests.media.pictures import encoded, huge_png, quarters


def test_pillow_s_size_warning_is_neither_printed_nor_raised():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(MediaRefused):
            decode_image(huge_png(10_000, 10_000))  # between Pillow's warning and its error
    assert caught == []


def test_the_policy_may_allow_more_than_pillow_s_warning(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)
    assert decode_image(encoded(quarters(8, 6))).image.size == (8, 6)


def test_the_filters_come_back():
    before = list(warnings.filters)
    with pillow_guard(), pillow_guard():
        assert list(warnings.filters) != before
    assert list(warnings.filters) == before


def test_other_warnings_still_count_inside():
    with pytest.raises(MediaDecodeError, match="mine"), pillow_guard():
        warnings.warn("mine", stacklevel=1)


def test_threads_leave_the_filters_as_they_were():
    before = list(warnings.filters)
    data = encoded(quarters(64, 64), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f garbage")
    with ThreadPoolExecutor(8) as pool:
        assert len({picture.image.size for picture in pool.map(decode_image, [data] * 64)}) == 1
    assert list(warnings.filters) == before


def test_overlapping_threads_share_one_filter():
    before = list(warnings.filters)
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with pillow_guard():
            inside.set()
            leave.wait(5)

    first = threading.Thread(target=stay)
    first.start()
    inside.wait(5)
    with pillow_guard():
        pass  # leaving here must not take the filter from under the first
    assert list(warnings.filters) != before
    leave.set()
    first.join()
    assert list(warnings.filters) == before


@pytest.mark.parametrize(
    ("raised", "becomes"),
    [
        (OSError("a\nb"), MediaDecodeError),
        (SyntaxError("broken"), MediaDecodeError),
        (IndexError(), MediaDecodeError),
        (MemoryError(), MediaRefused),
        (Image.DecompressionBombError("big"), MediaRefused),
        (MediaRefused("mine"), MediaRefused),
    ],
)
def test_only_media_errors_come_out(raised: Exception, becomes: type[MediaError]):
    with pytest.raises(becomes) as caught, pillow_guard():
        raise raised
    assert type(caught.value) is becomes
    assert "\n" not in str(caught.value)


def test_an_interrupt_passes():
    with pytest.raises(KeyboardInterrupt), pillow_guard():
        raise KeyboardInterrupt


def test_a_pillow_picture_whose_file_is_gone(tmp_path):
    (tmp_path / "cat.png").write_bytes(encoded(quarters()))
    opened = Image.open(tmp_path / "cat.png")
    opened.close()
    with pytest.raises(MediaDecodeError):
        to_picture(opened, MediaPolicy())
