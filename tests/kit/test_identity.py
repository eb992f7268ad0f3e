"""Phones and ID numbers as FORMATS c has them."""

import datetime

import pytest

from lianhu.kit.identity import check_character, from_15_digits, id_number_fault, normal_phone

TODAY = datetime.date(2026, 6, 15)


@pytest.mark.parametrize(
    "number",
    [
        "11010519491231002X",
        "513224199003150019",
        "810000199408230021",
        "830000199201300022",
        "110105199202290026",
    ],
)
def test_the_standards_numbers_pass(number):
    number = number[:17] + check_character(number[:17])
    assert id_number_fault(number, TODAY) == ""


def test_the_standards_vectors_have_their_check_character():
    assert check_character("11010519491231002") == "X"
    assert check_character("51322419900315001") == "9"


@pytest.mark.parametrize("position", range(18))
def test_any_one_wrong_digit_is_found(position):
    number = "513224199003150019"
    wrong = str((int(number[position]) + 1) % 10)
    assert id_number_fault(number[:position] + wrong + number[position + 1 :], TODAY)


@pytest.mark.parametrize(
    ("born", "right"),
    [("20260615", True), ("20260616", False), ("19000101", True), ("18991231", False), ("19930229", False)],
)
def test_the_birth_date_exists_and_is_not_in_the_future(born, right):
    first = f"513224{born}001"
    assert (id_number_fault(first + check_character(first), TODAY) == "") is right


def test_a_number_of_15_digits_has_its_longer_form():
    assert from_15_digits("110105491231002") == "11010519491231002X"


PHONES = [
    ("13812341234", "13812341234"), ("138-1234-1234", "13812341234"), ("+8613812341234", "13812341234"),
    ("0086 138 1234 1234", "13812341234"), ("8613812341234", "13812341234"), ("(+86)13812341234", "13812341234"),
    ("0837-6123456", "0837-6123456"), ("08376123456", "0837-6123456"), ("010-81234567", "010-81234567"),
    ("01081234567", "010-81234567"), ("(0837)6123456", "0837-6123456"), ("028 8123 4567", "028-81234567"),
    ("0837-6123456-801", "0837-6123456-801"), ("0837-6123456转801", "0837-6123456-801"),
    ("12812341234", None), ("1381234123", None), ("138123412345", None), ("6123456", None), ("110", None),
    ("0837-1123456", None), ("0837-0123456", None), ("0037-6123456", None), ("", None), ("无", None),
    ("1381234123a", None), ("١٣٨١٢٣٤١٢٣٤", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "phone"), PHONES)
def test_a_phone_has_one_form(text, phone):
    assert normal_phone(text) == phone
    if phone:
        assert normal_phone(phone) == phone
