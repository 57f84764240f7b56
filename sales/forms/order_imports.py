from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.import_wizard import UploadForm


class OrderImportUploadForm(UploadForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _(
            "Excel (.xlsx, .xls) or CSV; several lines with one order number are one order."
        )


class OrderImportOptionsForm(forms.Form):
    create_missing = forms.BooleanField(
        label=_("Create customers and products that are unknown"), required=False
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # nothing in it depends on who asks
