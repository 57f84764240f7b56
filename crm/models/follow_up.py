import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.enums import DictionaryKind
from crm.models.contact import Contact
from crm.models.customer import Customer, dictionary_field
from crm.models.dictionary import Dictionary
from crm.models.lead import Lead
from crm.querysets import FollowUpQuerySet

MAX_TEXT = 2000
MAX_PHOTOS = 8


class FollowUp(models.Model):
    """One recorded contact with a lead or a customer (B6). Converting a lead hands its follow-ups to the customer."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="follow_ups",
    )
    lead = models.ForeignKey(
        Lead,
        verbose_name=_("lead"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="follow_ups",
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rep"), on_delete=models.PROTECT, related_name="follow_ups"
    )
    method = dictionary_field(DictionaryKind.FOLLOW_METHOD)
    stage = dictionary_field(DictionaryKind.FOLLOW_STAGE)
    at = models.DateTimeField(_("time"))
    day = models.DateField(_("day"), editable=False)  # business day of `at`
    text = models.TextField(_("what was said and agreed"), max_length=MAX_TEXT)
    materials = models.ManyToManyField(
        Dictionary,
        verbose_name=_("materials used"),
        blank=True,
        related_name="+",
        limit_choices_to={"kind": DictionaryKind.MATERIAL},
    )
    # WGS-84 degrees, accuracy in metres (domain-rules §9): where the rep stood when he wrote it.
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    accuracy_m = models.FloatField(
        _("accuracy (m)"), null=True, blank=True, validators=[MinValueValidator(0)]
    )
    next_at = models.DateTimeField(_("next contact"), null=True, blank=True)
    voice = models.FileField(_("voice note"), upload_to="follow-ups/%Y/%m/", blank=True)
    voice_seconds = models.PositiveSmallIntegerField(_("length of the voice note (s)"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        permissions = [("export_followup", _("Can export follow-ups"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=False, lead__isnull=True)
                | Q(customer__isnull=True, lead__isnull=False),
                name="follow_up_customer_or_lead",
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False),
                name="follow_up_location_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-at"], name="follow_up_customer_at"),
            models.Index(fields=["lead", "-at"], name="follow_up_lead_at"),
            models.Index(fields=["rep", "-at"], name="follow_up_rep_at"),
        ]

    def __str__(self) -> str:
        return self.text[:40]

    def get_absolute_url(self) -> str:
        return reverse("crm:follow_up_detail", args=[self.pk])


class FollowUpPhoto(models.Model):
    """A picture of a follow-up, re-encoded and without metadata."""

    follow_up = models.ForeignKey(FollowUp, on_delete=models.CASCADE, related_name="photos")
    image = models.ImageField(_("photo"), upload_to="follow-ups/%Y/%m/")
    sha256 = models.CharField(_("checksum"), max_length=64)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("photo")
        verbose_name_plural = _("photos")

    def __str__(self) -> str:
        return self.image.name or ""
