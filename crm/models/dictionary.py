from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.enums import DictionaryKind


class Dictionary(models.Model):
    """One choice of one dictionary (A7): a channel, an industry, a region …"""

    kind = models.CharField(_("dictionary"), max_length=20, choices=DictionaryKind.choices)
    name = models.CharField(_("name"), max_length=60)
    position = models.PositiveIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["kind", "position", "pk"]
        verbose_name = _("dictionary entry")
        verbose_name_plural = _("dictionaries")
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="dictionary_kind_name_unique")]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    name = models.CharField(_("name"), max_length=30, unique=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("tag")
        verbose_name_plural = _("tags")

    def __str__(self) -> str:
        return self.name
