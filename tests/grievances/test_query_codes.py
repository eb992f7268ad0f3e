"""查询码: short enough to read aloud, random enough not to be guessed."""

import pytest

from grievances.query_codes import ALPHABET, LENGTH, hash_of, new_code, shown, tidy


def test_a_new_code_has_fifty_random_bits():
    codes = {new_code() for _ in range(2_000)}
    assert len(codes) == 2_000
    assert len(ALPHABET) ** LENGTH == 2**50
    assert {sign for code in codes for sign in code} == set(ALPHABET)


def test_a_new_code_is_what_the_family_types():
    code = new_code()
    assert tidy(code) == code
    assert tidy(shown(code).lower()) == code
    assert shown("7KQMA4XWD2") == "7KQMA 4XWD2"


@pytest.mark.parametrize(
    "typed", ["7kqma-4xwd2", "７ＫＱＭＡ４ＸＷＤ２", " 7KQMA\u30004XWD2 ", "7kqma·4xwd2"]
)
def test_blanks_dashes_and_full_width_signs_make_no_difference(typed):
    assert tidy(typed) == "7KQMA4XWD2"


@pytest.mark.parametrize(
    "typed", ["", "7KQMA4XWD", "7KQMA4XWD2X", "7KQMA4XWDU", "\x007KQMA4XWD", "七KQMA4XWD2", "x" * 100_000]
)
def test_what_can_be_no_code_is_none(typed):
    assert tidy(typed) == ""


def test_the_hash_tells_nothing_of_the_code():
    assert len(hash_of("7KQMA4XWD2")) == 16
    assert hash_of("7KQMA4XWD2") != hash_of("7KQMA4XWD3")
