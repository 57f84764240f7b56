from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.querysets import SavedViewQuerySet


class SavedView(models.Model):
    """A list as somebody likes it (A5): filters, sorting and columns are all in the address, so that is what is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE, related_name="views"
    )
    page = models.CharField(max_length=60)  # path of the list: /customers/
    name = models.CharField(_("name"), max_length=30)
    query = models.CharField(max_length=1000, blank=True)  # without page number
    is_shared = models.BooleanField(_("for everybody"), default=False)
    is_default = models.BooleanField(_("opens first"), default=False)  # for the one who saved it
    position = models.PositiveSmallIntegerField(default=0)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        permissions = [("share_savedview", _("Can save views for everybody"))]
        constraints = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="saved_view_name_unique"),
            models.UniqueConstraint(
                fields=["user", "page"], condition=models.Q(is_default=True), name="saved_view_one_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name
