import subprocess
import sys

import mm_agent.media as media


def test_every_public_name_is_there():
    for name in media.__all__:
        assert getattr(media, name).__module__.startswith(("mm_agent.media", "typing", "types"))
    assert set(media.__all__) <= set(dir(media))


def test_the_light_parts_load_no_heavy_library():
    code = (
        "import sys, mm_agent.media as m; m.MediaPolicy; m.parse_handle('img-1'); m.parse_source('cat.png');"
        "m.write_atomic; heavy = {'PIL', 'numpy', 'httpx', 'httpcore', 'torch', 'langchain'};"
        "heavy &= set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_store_loads_no_http_and_no_decoder():
    code = (
        "import sys, mm_agent.media as m; m.MediaStore();"
        "heavy = {'httpx', 'httpcore', 'torch', 'langchain', 'av', 'cv2'};"
        "heavy &= set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
