from django import forms
from django.utils.translation import gettext_lazy as _

from team.models.supervision import LONGEST


def _written(placeholder: object) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 2, "placeholder": placeholder})


class InstructionForm(forms.Form):
    text = forms.CharField(
        label=_("Instruction"), max_length=LONGEST, widget=_written(_("He sees it at once and answers."))
    )


class AnswerForm(forms.Form):
    text = forms.CharField(label=_("Answer"), max_length=LONGEST, widget=_written(_("Write an answer")))
