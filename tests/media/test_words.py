from mm_agent.media.words import one_line, quoted, size_words


def test_control_characters_and_line_breaks_go():
    assert one_line("a\x1b[31mb\nc\u202ed\t e\u2028f") == "a [31mb c d e f"


def test_long_texts_keep_both_ends():
    short = one_line("a" * 500 + "z" * 500, 40)
    assert len(short) == 40
    assert short.startswith("aaa")
    assert "…" in short
    assert short.endswith("zzz")


def test_a_huge_text_is_cut_before_it_is_cleaned():
    assert len(quoted("x" * 50_000_000, 60)) == 62


def test_sizes():
    assert [size_words(n) for n in (0, 1023, 1536, 64 * 2**20)] == [
        "0 bytes",
        "1023 bytes",
        "1.5 KiB",
        "64.0 MiB",
    ]
