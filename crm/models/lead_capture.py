"""Leads that come in by themselves: channels with their webhook or form, what they sent, and Excel files."""

import secrets

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.punctuation import named
from crm.enums import AssignMode, CaptureState, ChannelKind, DictionaryKind
from crm.models.customer import dictionary_field
from crm.models.import_file import ImportFile
from crm.models.lead import Lead
from crm.querysets import LeadImportQuerySet


def new_token() -> str:
    return secrets.token_urlsafe(24)


class LeadChannel(models.Model):
    """One source that sends leads to /hooks/leads/<token>/ or shows our form (C1)."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=ChannelKind.choices, default=ChannelKind.OTHER)
    token = models.CharField(
        _("secret part of the address"), max_length=64, unique=True, default=new_token, editable=False
    )
    # Shared with the sender; with one, every call must carry the HMAC of its body.
    secret = models.CharField(_("secret"), max_length=120, blank=True)
    # {our field: where it stands in what the channel sends, keys joined by dots}; empty: our own names are tried.
    mapping = models.JSONField(_("field mapping"), default=dict, blank=True)
    source = dictionary_field(DictionaryKind.SOURCE, db_index=False)
    assign_mode = models.CharField(
        _("assignment"), max_length=8, choices=AssignMode.choices, default=AssignMode.POOL
    )
    assignees = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("people"), blank=True, related_name="+"
    )
    # Whose turn it was last when leads go round evenly.
    last_assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("last given to"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    per_minute = models.PositiveIntegerField(
        _("calls a minute"), default=60, validators=[MinValueValidator(1), MaxValueValidator(6000)]
    )
    form_title = models.CharField(_("title of the form"), max_length=80, blank=True)
    form_intro = models.CharField(_("text above the form"), max_length=300, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("lead channel")
        verbose_name_plural = _("lead channels")

    def __str__(self) -> str:
        return self.name


class RegionOwner(models.Model):
    """Who gets the leads of a region when they are assigned by region."""

    region = dictionary_field(DictionaryKind.REGION)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rep"), on_delete=models.CASCADE, related_name="+"
    )

    class Meta:
        ordering = ["region__position", "pk"]
        verbose_name = _("rep of a region")
        verbose_name_plural = _("reps of regions")
        constraints = [
            models.UniqueConstraint(fields=["region", "user"], name="region_owner_unique"),
            models.CheckConstraint(condition=Q(region__isnull=False), name="region_owner_has_region"),
        ]

    def __str__(self) -> str:
        return named(self.region, self.user)


class CapturedLead(models.Model):
    """What a channel sent, as it came, and what became of it. The row is the job; it can be replayed."""

    channel = models.ForeignKey(
        LeadChannel, verbose_name=_("lead channel"), on_delete=models.CASCADE, related_name="captured"
    )
    external_id = models.CharField(_("id at the channel"), max_length=120, blank=True)
    content_type = models.CharField(_("content type"), max_length=120, blank=True)
    body = models.TextField(_("content"), blank=True)
    remote_addr = models.CharField(_("sender's address"), max_length=45, blank=True)
    state = models.CharField(
        _("result"), max_length=8, choices=CaptureState.choices, default=CaptureState.QUEUED
    )
    reason = models.CharField(_("reason"), max_length=400, blank=True)
    # The HTTP answer the sender got; 401 marks a call whose signature did not fit.
    status = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    lead = models.ForeignKey(
        Lead,
        verbose_name=_("lead"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="captured",
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    received_at = models.DateTimeField(_("time"), default=timezone.now)
    processed_at = models.DateTimeField(_("processed at"), null=True, blank=True)

    class Meta:
        ordering = ["-received_at", "-pk"]
        verbose_name = _("captured lead")
        verbose_name_plural = _("captured leads")
        indexes = [
            models.Index(fields=["channel", "-received_at"], name="captured_channel_at"),
            models.Index(
                fields=["received_at"], name="captured_queued", condition=Q(state=CaptureState.QUEUED)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {timezone.localtime(self.received_at):%Y-%m-%d %H:%M}"


class LeadImport(ImportFile):
    """One file of leads on its way in."""

    file = models.FileField(_("file"), upload_to="imports/%Y/%m/")
    mapping = models.JSONField(_("column mapping"), default=dict)  # {header in the file: our field}
    preview = models.JSONField(_("preview"), default=dict)
    options = models.JSONField(
        _("options"), default=dict
    )  # {datum, create_choices, duplicates_too}, see crm.services.lead_imports
    assign_mode = models.CharField(
        _("assignment"), max_length=8, choices=AssignMode.choices, default=AssignMode.POOL
    )
    assignees = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("people"), blank=True, related_name="+"
    )
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    error_report = models.FileField(_("error workbook"), upload_to="imports/%Y/%m/", blank=True)
    message = models.CharField(_("message"), max_length=400, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.PROTECT,
        related_name="lead_imports",
    )
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    objects = LeadImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("lead import")
        verbose_name_plural = _("lead imports")

    def get_absolute_url(self) -> str:
        return reverse("crm:lead_import_detail", args=[self.pk])
