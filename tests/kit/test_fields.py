"""Whatever a page, a cell or a phone hands over becomes one Python value, or a reason."""

import datetime

import pytest
from django.core.exceptions import ValidationError

from lianhu.kit import fields
from lianhu.kit.fields import MERGED, NO_RESULT

DAY = datetime.date
CODE, NAME, TEXT = fields.CodeField(), fields.NameField(), fields.TextField(max_length=10)
LINES = fields.TextField(max_length=10, lines=True)
DATE, FLAG, PHONE, ID = fields.DateField(), fields.FlagField(), fields.PhoneField(), fields.IdNumberField()
VILLAGE, CODES = fields.VillageCodeField(), fields.CodeListField(required=False)
NUMBER = fields.WholeNumberField(smallest=1, largest=99)
DEGREE = fields.CoordinateField(limit=180)
CHOICE = fields.ChoiceField(choices=[("met", "见面"), ("assembly", "群众(代表)大会")])

READ = [
    (CODE, "00123", "00123"), (CODE, 12345.0, "12345"), (CODE, 123, "123"), (CODE, " Ａ１２ ", "A12"),
    (CODE, "12345.0", "12345.0"), (CODE, "\u200bA1\ufeff", "A1"), (CODE, "𠮷1", "𠮷1"),
    (VILLAGE, 513221200201.0, "513221200201"), (VILLAGE, "５１３２２１２００２０１", "513221200201"),
    (CODES, "00002、00001，00002", ("00002", "00001")), (CODES, "a\nb; c、", ("a", "b", "c")), (CODES, 7.0, ("7",)),
    (CODES, None, ()),
    (NAME, "张　三", "张三"), (NAME, " 张\n三 ", "张三"), (NAME, "张\r\n三", "张三"), (NAME, "𠮷英", "𠮷英"),
    (NAME, "扎西•卓玛", "扎西·卓玛"), (NAME, "扎西・卓玛", "扎西·卓玛"), (NAME, "扎西･卓玛", "扎西·卓玛"),
    (NAME, "扎西‧卓玛", "扎西·卓玛"), (NAME, "扎西∙卓玛", "扎西·卓玛"), (NAME, "扎西⋅卓玛", "扎西·卓玛"),
    (NAME, "扎西●卓玛", "扎西·卓玛"), (NAME, "扎西．卓玛", "扎西·卓玛"), (NAME, "扎西.卓玛", "扎西·卓玛"),
    (NAME, "扎西 · 卓玛", "扎西·卓玛"), (NAME, "扎\u200b西\u202e", "扎西"), (NAME, "Anna M. Li", "Anna M. Li"),
    (NAME, "仁", "仁"), (NAME, "羽\ufa1e", "羽\ufa1e"), (NAME, "䶮" * 50, "䶮" * 50),
    (TEXT, 12.0, "12"), (TEXT, 1.5, "1.5"), (TEXT, True, "TRUE"), (TEXT, DAY(2026, 3, 5), "2026-03-05"),
    (TEXT, "一\n二", "一 二"), (TEXT, "=1+1", "=1+1"), (LINES, "一\r\n二\r三 ", "一\n二\n三"), (TEXT, " a ", "a"),
    (DATE, DAY(2026, 3, 5), DAY(2026, 3, 5)), (DATE, datetime.datetime(2026, 3, 5, 14), DAY(2026, 3, 5)),
    (DATE, "2026-03-05", DAY(2026, 3, 5)), (DATE, "2026-3-5", DAY(2026, 3, 5)), (DATE, "2026/3/5", DAY(2026, 3, 5)),
    (DATE, "2026/03/05", DAY(2026, 3, 5)), (DATE, "2026年3月5日", DAY(2026, 3, 5)),
    (DATE, "2026 年 3 月 5 日", DAY(2026, 3, 5)), (DATE, "２０２６－０３－０５", DAY(2026, 3, 5)),
    (DATE, " 2026年03月05日\n", DAY(2026, 3, 5)), (DATE, "2024-02-29", DAY(2024, 2, 29)),
    (FLAG, "是", True), (FLAG, "否", False), (FLAG, " 是 ", True), (FLAG, True, True), (FLAG, False, False),
    (fields.FlagField(required=False), None, False), (fields.FlagField(required=False), "　", False),
    (PHONE, 13812341234.0, "13812341234"), (PHONE, "138 1234 1234", "13812341234"), (PHONE, 1.38e10, "13800000000"),
    (PHONE, "+86-138-1234-1234", "13812341234"), (PHONE, "１３８１２３４１２３４", "13812341234"),
    (PHONE, "0837-6123456", "0837-6123456"), (PHONE, "（010）81234567转801", "010-81234567-801"),
    (ID, "513224199003150019", "513224199003150019"), (ID, "11010519491231002ｘ", "11010519491231002X"),
    (ID, "1101 0519 4912 3100 2Ｘ", "11010519491231002X"),
    (NUMBER, "４", 4), (NUMBER, 4.0, 4), (NUMBER, "4", 4), (NUMBER, "4.0", 4),
    (DEGREE, "１０３．１", 103.1), (DEGREE, 103, 103.0), (DEGREE, -180.0, -180.0), (DEGREE, "1e2", 100.0),
    (CHOICE, "见面", "met"), (CHOICE, " 见面", "met"), (CHOICE, "met", "met"), (CHOICE, "群众（代表）大会", "assembly"),
    (fields.ChoiceField(choices=[("met", "见面")], required=False, blank_is="met"), "", "met"),
    (fields.DateField(required=False), "\u3000\n", None), (fields.CodeField(required=False), " ", ""),
    (fields.NameField(required=False), "\u200b", ""),
]  # fmt: skip


@pytest.mark.parametrize(("field", "raw", "value"), READ)
def test_it_is_read_as(field, raw, value):
    cleaned = field.clean(raw)
    assert cleaned == value
    assert type(cleaned) is type(value) or isinstance(cleaned, str)


REFUSED = [
    (CODE, None, "required"), (CODE, "\u200b", "required"), (CODE, 1.5, "not_a_code"), (CODE, 1e15, "not_a_code"),
    (CODE, -5.0, "not_a_code"), (CODE, "1.38E+10", "not_a_code"), (CODE, "１E+5", "not_a_code"),
    (CODE, True, "not_a_code"), (CODE, DAY(2026, 3, 5), "not_a_code"), (CODE, datetime.time(1), "not_a_code"),
    (CODE, "A 1", "blank_in_code"), (CODE, "A\n1", "blank_in_code"), (CODE, "x" * 51, "too_long"),
    (CODE, "A\x00", "control_character"), (CODE, NO_RESULT, "formula_without_result"), (CODE, MERGED, "merged_cell"),
    (CODE, "#N/A", "error_cell"), (CODES, "1.38E+10、2", "not_a_code"),
    (VILLAGE, "51322120020", "not_a_village_code"), (VILLAGE, "51322120020A", "not_a_village_code"),
    (VILLAGE, "5.13221E+11", "not_a_code"), (VILLAGE, "٥١٣٢٢١٢٠٠٢٠١", "not_a_village_code"),
    (NAME, "张\x07", "control_character"), (NAME, "张\x0b三", "control_character"),
    (NAME, "张\ud842", "control_character"),
    (NAME, 12.0, "not_a_name"), (NAME, True, "not_a_name"), (NAME, "䶮" * 101, "too_long"), (NAME, " ", "required"),
    (TEXT, "一" * 11, "too_long"), (TEXT, "\x00", "control_character"), (TEXT, "#DIV/0!", "error_cell"),
    (DATE, "2026.3.5", "not_a_date"), (DATE, "20260305", "not_a_date"), (DATE, 20260305.0, "not_a_date"),
    (DATE, 46000.0, "not_a_date"), (DATE, "46000", "not_a_date"), (DATE, "26-3-5", "not_a_date"),
    (DATE, "2026-3/5", "not_a_date"), (DATE, "3月5日", "not_a_date"), (DATE, "2026年3月5号", "not_a_date"),
    (DATE, "2026-03-05 10:00", "not_a_date"), (DATE, "2026-03-05T00:00:00", "not_a_date"), (DATE, "今天", "not_a_date"),
    (DATE, "二〇二六年三月五日", "not_a_date"), (DATE, "2026-02-30", "no_such_day"),
    (DATE, "2026-02-29", "no_such_day"),
    (DATE, "2026-13-01", "no_such_day"), (DATE, "2026-00-10", "no_such_day"), (DATE, "0000-01-01", "no_such_day"),
    (DATE, "1900-02-28", "date_out_of_range"), (DATE, "9999-12-31", "date_out_of_range"), (DATE, True, "not_a_date"),
    (DATE, datetime.time(12), "not_a_date"), (DATE, datetime.timedelta(3), "not_a_date"),
    (FLAG, "有", "not_yes_or_no"), (FLAG, 1.0, "not_yes_or_no"), (FLAG, "√", "not_yes_or_no"),
    (FLAG, "Y", "not_yes_or_no"),
    (PHONE, "1.38E+10", "not_a_phone"), (PHONE, "12812341234", "not_a_phone"), (PHONE, "1381234123", "not_a_phone"),
    (PHONE, 1381234123.0, "not_a_phone"), (PHONE, "6123456", "not_a_phone"), (PHONE, "0837-0123456", "not_a_phone"),
    (PHONE, "13812341234、13812341235", "not_a_phone"), (PHONE, True, "not_a_phone"),
    (ID, 513224199003150019.0, "id_number_as_number"), (ID, 1.0, "id_number_as_number"),
    (ID, "513224900315001", "id_number_15_digits"), (ID, "51322419900315001", "not_an_id_number"),
    (ID, "513224199002300019", "not_an_id_number"), (ID, "513224209903150019", "not_an_id_number"),
    (ID, "513224199003150018", "not_an_id_number"), (ID, True, "not_an_id_number"),
    (ID, DAY(2026, 3, 5), "not_an_id_number"),
    (NUMBER, 2.5, "not_a_number"), (NUMBER, "2.5", "not_a_number"), (NUMBER, "四", "not_a_number"),
    (NUMBER, "1e1", "not_a_number"), (NUMBER, True, "not_a_number"), (NUMBER, DAY(2026, 3, 5), "not_a_number"),
    (NUMBER, 0, "number_out_of_range"), (NUMBER, "-1", "number_out_of_range"), (NUMBER, 1e14, "number_out_of_range"),
    (NUMBER, 1e300, "not_a_number"), (NUMBER, "4人", "not_a_number"),
    (DEGREE, "东经103", "not_a_number"), (DEGREE, 180.1, "number_out_of_range"), (DEGREE, "nan", "not_a_number"),
    (DEGREE, "inf", "number_out_of_range"), (DEGREE, "1_0", "not_a_number"), (DEGREE, False, "not_a_number"),
    (CHOICE, "见 面", "not_in_list"), (CHOICE, "", "required"), (CHOICE, 1.0, "not_in_list"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "raw", "code"), REFUSED)
def test_it_is_refused(field, raw, code):
    with pytest.raises(ValidationError) as refused:
        field.clean(raw)
    assert refused.value.code == code
    assert any("\u4e00" <= char <= "\u9fff" for char in refused.value.message)


def test_a_15_digit_id_number_is_answered_with_its_18_digit_form():
    with pytest.raises(ValidationError, match="11010519491231002X"):
        ID.clean("110105491231002")


def test_a_code_from_a_numeric_cell_says_so():
    assert isinstance(CODE.clean(123.0), fields.FromNumber)
    assert not isinstance(CODE.clean("123"), fields.FromNumber)


def test_a_long_answer_is_not_repeated_whole():
    with pytest.raises(ValidationError) as refused:
        DATE.clean("这" * 5000)
    assert len(refused.value.message) < 100
