"""What each step asks to be told. The words are those of the page, the bulk action and the API alike."""

from django import forms

from grievances.models import Approach, Outcome, Satisfaction, WithheldKind
from lianhu.kit import fields


class ReasonForm(forms.Form):
    reason = fields.TextField(label="原因", max_length=500, lines=True)


class NoteForm(forms.Form):
    reason = fields.TextField(label="进展", max_length=2_000, lines=True)


class AnswerForm(forms.Form):
    reason = fields.TextField(label="答复", max_length=2_000, lines=True)


class NothingForm(forms.Form):
    """The step needs no word; one may be added."""

    reason = fields.TextField(label="说明", required=False, max_length=500, lines=True)


class AssignForm(forms.Form):
    handler = fields.CodeField(label="主办人", help_text="工号")
    helping = fields.CodeListField(
        label="协办单位", required=False, help_text="单位编码，可以有几个，用、分开"
    )
    approach = fields.ChoiceField(label="办理方式", required=False, choices=Approach.choices)
    reason = fields.TextField(label="要求", required=False, max_length=500, lines=True)


class TransferForm(forms.Form):
    handler = fields.CodeField(label="转给", help_text="工号")
    reason = fields.TextField(label="原因", max_length=500, lines=True)


class ExtensionForm(forms.Form):
    days = fields.WholeNumberField(label="延期几天", smallest=1, largest=30)
    reason = fields.TextField(label="原因", max_length=500, lines=True, help_text="批准后会告知群众")


class ReplyForm(forms.Form):
    outcome = fields.ChoiceField(label="答复结果", choices=Outcome.choices)
    reason = fields.TextField(label="答复内容", max_length=5_000, lines=True)
    policy = fields.WholeNumberField(label="政策依据", required=False, smallest=1, largest=2**31 - 1)


class RevisitForm(forms.Form):
    satisfaction = fields.ChoiceField(label="群众意见", choices=Satisfaction.choices)
    asked = fields.TextField(label="问了谁", max_length=60)
    day = fields.DateField(label="回访日期", required=False, help_text="空着就是今天")
    reason = fields.TextField(label="怎么说的", required=False, max_length=500, lines=True)


class WithholdForm(forms.Form):
    kind = fields.ChoiceField(label="不予公示", choices=WithheldKind.choices)
    reason = fields.TextField(label="原因", max_length=500, lines=True)


class MergeForm(forms.Form):
    parent = fields.CodeField(label="并入哪一件", max_length=40, help_text="诉求编号")
    reason = fields.TextField(label="原因", max_length=500, lines=True)
