from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.enums import CustomFieldKind, CustomFieldTarget


class CustomField(models.Model):
    """A field the company itself added to customers or leads (A5, B1).

    The value is kept in the record's `extra` under the label, where an import keeps columns it has no field for.
    """

    target = models.CharField(_("belongs to"), max_length=10, choices=CustomFieldTarget.choices)
    label = models.CharField(_("label"), max_length=40)
    kind = models.CharField(
        _("kind"), max_length=10, choices=CustomFieldKind.choices, default=CustomFieldKind.TEXT
    )
    choices = models.TextField(
        _("choices"), blank=True, max_length=4000, help_text=_("One a line; for a choice only.")
    )
    required = models.BooleanField(pgettext_lazy("a field", "required"), default=False)
    position = models.PositiveSmallIntegerField(pgettext_lazy("in a list", "position"), default=0)
    is_active = models.BooleanField(
        _("in use"), default=True, help_text=_("Out of use it leaves the forms; the values stay.")
    )

    class Meta:
        ordering = ["target", "position", "id"]
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        constraints = [
            models.UniqueConstraint(fields=["target", "label"], name="custom_field_label_unique"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def options(self) -> list[str]:
        """The choices, each once, in their order."""
        return list(dict.fromkeys(line.strip() for line in self.choices.splitlines() if line.strip()))

    def clean(self) -> None:
        if self.kind == CustomFieldKind.CHOICE and not self.options:
            raise ValidationError({"choices": _("Give at least one choice.")})
