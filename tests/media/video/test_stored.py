"""Videos in a store: handles for the whole, for frames and for parts of frames."""

import base64
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mm_agent.errors import MediaError, MediaNotFound, MediaRefused
from mm_agent.media.digest import picture_digest
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.store import MediaStore
from mm_agent.media.video import Video
from tests.media.pictures import quarters, same_pixels
from tests.media.video.films import FIELD, HEIGHT, WIDTH, film, number_of, steady
from tests.media.web import Manners, serving


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return film(tmp_path, steady(50), name="numbers")


def test_an_item_says_what_there_is(clip: Path):
    with MediaStore() as store:
        item = store.add(clip)
        assert (item.handle, item.kind, item.name) == ("vid-1", "video", "numbers.mp4")
        assert (item.width, item.height, item.duration, item.rate) == (WIDTH, HEIGHT, 2.0, 25.0)
        assert store.get("vid-1") == store.resolve(" `VID-1` ") == item
        assert store.items() == [item]
        assert [number_of(frame.image) for frame in store.video("vid-1").walk(0.4)] == [0, 10, 20, 30, 40]


def test_pictures_and_videos_are_numbered_apart(clip: Path):
    with MediaStore() as store:
        handles = [store.add(source).handle for source in (quarters(), clip, quarters(4, 4), clip)]
        assert handles == ["img-1", "vid-1", "img-2", "vid-1"]
        with pytest.raises(MediaNotFound, match=r"known: img-1 \(picture\), vid-1 \(numbers.mp4\), img-2"):
            store.get("vid-2")


def test_the_same_bytes_have_one_handle_however_they_come(clip: Path, monkeypatch: pytest.MonkeyPatch):
    data = clip.read_bytes()
    monkeypatch.setattr(Manners, "clip", lambda self: self.answer(data), raising=False)
    with serving() as site, MediaStore(MediaPolicy(private_hosts=True)) as store:
        sources = [
            clip,
            str(clip),
            data,
            site.url("/clip"),
            "data:video/mp4;base64," + base64.b64encode(data).decode(),
        ]
        assert {store.add(source).handle for source in sources} == {"vid-1"}


def test_a_frame_is_a_picture_under_the_time_it_is_first_shown(clip: Path):
    with MediaStore() as store:
        store.add(clip)
        item = store.get("vid-1@1.23s")
        assert (item.handle, item.kind, item.notes) == ("vid-1@1.2s", "image", ("frame of vid-1",))
        assert (item.duration, item.rate) == (None, None)
        picture = store.image("vid-1@1.23s")
        assert number_of(picture) == 30
        assert item.sha256 == picture_digest(picture)
        assert store.get(item.handle) == store.resolve("vid-1@1.2") == item
        assert store.items() == [store.get("vid-1")]
        assert same_pixels(picture, store.image(item.handle))


def test_a_part_of_a_frame(clip: Path):
    with MediaStore() as store:
        store.add(clip)
        box = (0, FIELD, FIELD, 2 * FIELD)
        handle = store.region("vid-1@0.04s", box)
        assert handle == "vid-1@0.04s@0,16,16,32"
        assert same_pixels(store.image(handle), store.image("vid-1@0.04s").crop(box))
        item = store.get("vid-1@0.05s@-5,16,16,32")
        assert (item.handle, item.width, item.height) == (handle, 16, 16)
        assert item.notes == ("frame of vid-1", "region of vid-1@0.04s")
        assert store.region(handle, (2, 3, 99, 99)) == "vid-1@0.04s@2,19,16,32"


def test_a_whole_video_is_no_picture(clip: Path):
    with MediaStore() as store:
        store.add(clip)
        with pytest.raises(MediaRefused, match=r"vid-1 is a video.*name one of its frames, such as vid-1@2s"):
            store.image("vid-1")
        with pytest.raises(MediaRefused, match="name one of its frames"):
            store.region("vid-1", (0, 0, 5, 5))
        store.add(quarters())
        with pytest.raises(MediaRefused, match="img-1 is a picture, not a video"):
            store.video("img-1")


@pytest.mark.parametrize(
    ("ref", "match"),
    [
        ("vid-1@2.1s", "lasts from 0 to 2 s"),
        ("vid-1@0s@999,0,1000,9", "outside the picture"),
        ("vid-1@0,0,5,5", "names no moment"),
        ("vid-1@0s@1,2,3", "names no region"),
        ("vid-1@0s@1,2,3,4@1,2,3,4", "names no region"),
        ("vid-9@1s", "there is no 'vid-9@1s'; known: vid-1"),
    ],
)
def test_frames_that_are_not_there(clip: Path, ref: str, match: str):
    with MediaStore() as store:
        store.add(clip)
        for use in (store.image, store.get, store.resolve):
            with pytest.raises(MediaNotFound, match=match):
                use(ref)


def test_a_frame_is_decoded_once(clip: Path, monkeypatch: pytest.MonkeyPatch):
    with MediaStore() as store:
        store.add(clip)
        store.image("vid-1@1.2s")
        monkeypatch.setattr(Video, "at", lambda *_: pytest.fail("decoded again"))
        store.image("vid-1@1.23s").paste((1, 2, 3), (0, 0, 50, 40))
        assert number_of(store.image("vid-1@1.239s@0,0,128,48")) == 30


def test_a_file_that_changes_later_does_no_harm(clip: Path):
    with MediaStore(cache_bytes=0) as store:
        store.add(clip)
        clip.write_bytes(b"gone")
        assert number_of(store.image("vid-1@1.2s")) == 30


def test_the_roots_hold_for_videos(clip: Path, tmp_path: Path):
    (tmp_path / "root").mkdir()
    for policy in (MediaPolicy(roots=(tmp_path / "root",)), MediaPolicy.untrusted()):
        with MediaStore(policy) as store, pytest.raises(MediaRefused, match="read"):
            store.add(clip)


def test_what_is_in_memory_is_held_to_the_limit_for_pictures(clip: Path):
    """A file is copied piece by piece; an address or a data URI is whole in memory for a moment."""
    with MediaStore(MediaPolicy(max_bytes=1000)) as store:
        assert store.add(clip).handle == "vid-1"
        with pytest.raises(MediaRefused, match="the limit is 1000 bytes"):
            store.add("data:video/mp4;base64," + base64.b64encode(clip.read_bytes()).decode())


def test_what_was_kept_goes_with_the_store(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    store = MediaStore()
    video = store.video(store.add(clip).handle)
    (folder,) = (tmp_path / "temporary").iterdir()
    assert [path.read_bytes() for path in folder.iterdir()] == [clip.read_bytes()]
    store.close()
    assert list((tmp_path / "temporary").iterdir()) == []
    with pytest.raises(MediaNotFound):
        store.image("vid-1@0s")
    with pytest.raises(MediaNotFound, match="add it again"):
        list(video.walk())


def test_no_room_for_the_copy(clip: Path, monkeypatch: pytest.MonkeyPatch):
    with MediaStore() as store:
        monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
        with pytest.raises(MediaError, match=r"cannot keep a copy of the video: No space left.*TMPDIR"):
            store.add(clip)
        monkeypatch.undo()
        assert list(store._kept.path("x").parent.iterdir()) == []


def test_many_threads_agree(tmp_path: Path):
    clips = [film(tmp_path, steady(10 + number), name=f"clip{number}") for number in range(4)]
    with MediaStore(cache_bytes=0) as store, ThreadPoolExecutor(4) as pool:
        handles = list(pool.map(lambda n: store.add(clips[n % 4]).handle, range(8)))
        assert handles[:4] == handles[4:]
        assert sorted(handles[:4]) == ["vid-1", "vid-2", "vid-3", "vid-4"]
        numbers = list(pool.map(lambda n: number_of(store.image(f"{handles[n % 4]}@0.2s")), range(8)))
        assert numbers == [5] * 8


def test_a_frame_of_a_file(clip: Path):
    with MediaStore() as store:
        item = store.add(f"{clip}@1.21s")
        assert (item.handle, item.name) == ("vid-1@1.2s", "numbers.mp4")
        assert [known.handle for known in store.items()] == ["vid-1"]
        for absent in (f"{clip}@9s", f"{clip}x@1s", f"{clip}@s"):
            with pytest.raises(MediaNotFound):
                store.add(absent)
        clip.with_name("odd.mp4@1s").write_bytes(clip.read_bytes())
        assert store.add(clip.with_name("odd.mp4@1s")).handle == "vid-1"


def test_a_moving_gif_stays_a_picture(tmp_path: Path):
    path = tmp_path / "moving.gif"
    quarters().save(path, save_all=True, append_images=[quarters(8, 6).rotate(90)])
    with MediaStore() as store:
        item = store.add(path)
        assert (item.handle, item.notes) == ("img-1", ("animated: first of 2 frames",))
