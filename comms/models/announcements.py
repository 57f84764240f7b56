from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, Role
from comms.enums import Audience
from comms.querysets import AnnouncementQuerySet


class Announcement(models.Model):
    """Something the company, or some of it, should know (公告, H5). Whoever joins the audience later sees it too."""

    title = models.CharField(_("title"), max_length=80)
    body = models.TextField(_("text"), max_length=5000)
    audience = models.CharField(_("for"), max_length=12, choices=Audience.choices, default=Audience.ALL)
    departments = models.ManyToManyField(
        Department, verbose_name=_("departments"), blank=True, related_name="+"
    )
    roles = models.ManyToManyField(Role, verbose_name=_("roles"), blank=True, related_name="+")
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("people"), blank=True, related_name="+"
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    pinned = models.BooleanField(_("stays on top"), default=False)
    must_confirm = models.BooleanField(_("must be confirmed"), default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("published by"),
        on_delete=models.PROTECT,
        related_name="announcements",
    )
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    announced_at = models.DateTimeField(null=True, editable=False)  # its notices are out
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        ordering = ["-pinned", "-starts_on", "-pk"]
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="announcement_ends_after_start",
            )
        ]
        indexes = [
            models.Index(
                fields=["starts_on"],
                name="announcement_unannounced",
                condition=Q(announced_at__isnull=True, withdrawn_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("comms:announcement", args=[self.pk])

    def clean(self) -> None:
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("It must not end before it starts.")})


class AnnouncementReading(models.Model):
    """Somebody saw an announcement, and perhaps said so."""

    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="readings")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="announcement_readings"
    )
    read_at = models.DateTimeField(_("read"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)

    class Meta:
        ordering = ["read_at"]
        verbose_name = _("reading of an announcement")
        verbose_name_plural = _("readings of announcements")
        constraints = [
            models.UniqueConstraint(fields=["announcement", "user"], name="announcement_read_once")
        ]

    def __str__(self) -> str:
        return f"{self.announcement_id}: {self.user_id}"
