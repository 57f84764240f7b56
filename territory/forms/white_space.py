from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext_lazy as _

from common.geo import Datum

MOST_MB = 20


class PopulationForm(forms.Form):
    """A file of where people live."""

    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "xlsx, xls or csv: 居民数, and either 纬度 and 经度 of places (villages, blocks, a grid) or 市 and 区县. "
            "It replaces what was loaded before."
        ),
        validators=[FileExtensionValidator(["xlsx", "xls", "csv"])],
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )
    datum = forms.ChoiceField(
        label=_("Coordinates are in"),
        choices=[
            (Datum.WGS84, "WGS-84"),
            (Datum.GCJ02, _("GCJ-02 (AMap, Tencent)")),
            (Datum.BD09, _("BD-09 (Baidu)")),
        ],
        initial=Datum.WGS84,
    )

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_MB * 1024 * 1024:
            raise forms.ValidationError(_("The file is larger than %(size)s MB.") % {"size": MOST_MB})
        return file
