"""Masks as FORMATS c has them, and a seal that opens only where it was set."""

import pytest
from cryptography.exceptions import InvalidTag

from lianhu.kit import privacy

PHONES = {
    "13812341234": "138****1234",
    "0837-1234567": "0837-****567",
    "010-62345678": "010-****678",
    "0837-1234567-801": "0837-****567",
    "12345": "*****",
    "１３８１２３４１２３４": "***********",
    "": "",
}
IDS = {
    "11010519491231002X": "110105********002X",
    "513224199003150019": "513224********0019",
    "513224900315001": "***************",
    "": "",
}


@pytest.mark.parametrize(("phone", "masked"), PHONES.items())
def test_a_phone_keeps_what_is_needed_to_recognise_it(phone, masked):
    assert privacy.masked_phone(phone) == masked


@pytest.mark.parametrize(("number", "masked"), IDS.items())
def test_an_id_number_keeps_six_and_four(number, masked):
    assert privacy.masked_id(number) == masked


def test_a_sealed_value_opens_for_its_owner_alone():
    sealed = privacy.seal("13812341234", "household:HH-1:phone")
    assert privacy.unseal(sealed, "household:HH-1:phone") == "13812341234"
    assert sealed.startswith(privacy.sealing_prefix())
    with pytest.raises(InvalidTag):
        privacy.unseal(sealed, "household:HH-2:phone")
