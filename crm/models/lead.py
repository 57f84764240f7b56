import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.punctuation import named
from crm.enums import DictionaryKind, LeadEventKind, LeadStage
from crm.models.customer import Customer, dictionary_field
from crm.models.fields import GramsField
from crm.models.placed import Placed, whole_place
from crm.querysets import ByLeadQuerySet, LeadQuerySet


class Lead(Placed):
    """A shop or company that may become a customer (C1–C3). Without an owner it is in the lead pool."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("lead name"), max_length=120)
    industry = dictionary_field(DictionaryKind.INDUSTRY, db_index=False)
    region = dictionary_field(DictionaryKind.REGION)
    source = dictionary_field(DictionaryKind.SOURCE, db_index=False)
    province = models.CharField(_("province"), max_length=40, blank=True)
    city = models.CharField(_("city"), max_length=40, blank=True)
    district = models.CharField(_("district"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    tax_id = models.CharField(_("tax id"), max_length=40, blank=True)
    notes = models.TextField(_("notes"), max_length=2000, blank=True)
    extra = models.JSONField(_("further fields"), default=dict, blank=True)

    # Written by crm.services.leads only.
    stage = models.CharField(_("stage"), max_length=12, choices=LeadStage.choices, default=LeadStage.NEW)
    lost_reason = models.CharField(_("why it was lost"), max_length=200, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="leads",
    )
    received_on = models.DateField(_("received on"), null=True, blank=True)
    pooled_at = models.DateTimeField(_("in the pool since"), null=True, blank=True, editable=False)
    last_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("last owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    last_follow_up_on = models.DateField(_("last follow-up"), null=True, blank=True, editable=False)
    next_contact_at = models.DateTimeField(_("next contact"), null=True, blank=True, editable=False)
    # The customer it became.
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="leads",
    )
    converted_at = models.DateTimeField(_("converted at"), null=True, blank=True, editable=False)

    # Where it came in: the channel and the channel's own id of it, which makes a repeat harmless.
    channel = models.ForeignKey(
        "crm.LeadChannel",
        verbose_name=_("channel"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="leads",
    )
    external_id = models.CharField(_("number at the source"), max_length=120, blank=True)
    import_job = models.ForeignKey(
        "crm.LeadImport",
        verbose_name=_("lead import"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="leads",
    )

    # The recycle bin.
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("deleted by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    # For search and duplicate checks, filled by crm.services: see common.names.
    name_key = models.CharField(max_length=120, editable=False, default="")
    search_text = models.TextField(editable=False, default="")
    search_grams = GramsField()

    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = LeadQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        base_manager_name = "objects"  # as of customers
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        permissions = [
            ("assign_lead", _("Can assign leads to others")),
            ("claim_lead", _("Can claim leads from the lead pool")),
            ("convert_lead", _("Can convert leads to customers")),
            ("import_lead", _("Can import leads")),
            ("export_lead", _("Can export leads")),
            ("purge_lead", _("Can delete leads for good")),
        ]
        constraints = [
            models.CheckConstraint(condition=whole_place(), name="lead_location_whole"),
            models.CheckConstraint(
                condition=Q(owner__isnull=True) | Q(received_on__isnull=False),
                name="lead_owner_has_received_on",
            ),
            models.UniqueConstraint(
                fields=["channel", "external_id"],
                condition=~Q(external_id="") & Q(channel__isnull=False),
                name="lead_channel_external_id_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "stage", "id"], name="lead_owner_stage_id"),
            models.Index(fields=["created_at"], name="lead_created_at"),
            models.Index(fields=["name_key"], name="lead_name_key"),
            models.Index(fields=["tax_id"], name="lead_tax_id", condition=~Q(tax_id="")),
            models.Index(
                fields=["latitude", "longitude"], name="lead_location", condition=Q(latitude__isnull=False)
            ),
            models.Index(
                fields=["next_contact_at"],
                name="lead_next_contact",
                condition=Q(next_contact_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("crm:lead_detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Neither a customer already, nor lost, nor in the recycle bin."""
        return self.stage not in (LeadStage.CONVERTED, LeadStage.LOST) and self.deleted_at is None

    @property
    def full_address(self) -> str:
        return "".join(part for part in (self.province, self.city, self.district, self.address) if part)


class LeadContact(models.Model):
    """A person or just a phone of a lead; the phone as typed, with its E.164 form where it could be parsed."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(_("full name"), max_length=40, blank=True)
    job = models.CharField(_("position"), max_length=40, blank=True)
    raw = models.CharField(_("phone"), max_length=60, blank=True)
    e164 = models.CharField(_("number with country code"), max_length=20, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    objects = ByLeadQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("lead contact")
        verbose_name_plural = _("lead contacts")
        indexes = [models.Index(fields=["e164"], name="lead_contact_e164", condition=~Q(e164=""))]

    def __str__(self) -> str:
        return self.name or self.raw


class LeadEvent(models.Model):
    """One line of a lead's history: owners and stages; the funnel is counted from these."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("kind"), max_length=12, choices=LeadEventKind.choices)
    from_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("from (person)"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    to_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("to (person)"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    from_stage = models.CharField(_("from (stage)"), max_length=12, choices=LeadStage.choices, blank=True)
    to_stage = models.CharField(_("to (stage)"), max_length=12, choices=LeadStage.choices, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    # The bulk action that did this was undone: it stays in the history, and the funnel counts no step for it.
    taken_back = models.BooleanField(_("taken back"), default=False, db_default=False, editable=False)

    objects = ByLeadQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("lead event")
        verbose_name_plural = _("lead events")
        indexes = [
            models.Index(fields=["lead", "-at"], name="lead_event_lead_at"),
            models.Index(fields=["to_user", "kind", "at"], name="lead_event_to_kind_at"),
        ]

    def __str__(self) -> str:
        return named(self.lead, self.get_kind_display())
