from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.enums import CustomerStatus, DictionaryKind, Level, LocationStatus
from crm.models.dictionary import Dictionary, Tag
from crm.models.fields import GramsField
from crm.models.placed import Placed, whole_place
from crm.querysets import CustomerQuerySet


def dictionary_field(kind: DictionaryKind, **kwargs: Any) -> models.ForeignKey:
    return models.ForeignKey(
        Dictionary,
        verbose_name=kind.label,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"kind": kind},
        **kwargs,
    )


class Customer(Placed):
    """A shop or company we sell to (B1). Without an owner it is in the public pool."""

    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("customer name"), max_length=120)
    channel = dictionary_field(DictionaryKind.CHANNEL)
    industry = dictionary_field(DictionaryKind.INDUSTRY, db_index=False)
    region = dictionary_field(DictionaryKind.REGION, db_index=False)
    scale = dictionary_field(DictionaryKind.SCALE, db_index=False)
    level = models.CharField(_("level"), max_length=1, choices=Level.choices, blank=True)
    type = dictionary_field(DictionaryKind.TYPE, db_index=False)
    source = dictionary_field(DictionaryKind.SOURCE, db_index=False)
    relationship = dictionary_field(DictionaryKind.RELATIONSHIP, db_index=False)
    maturity = dictionary_field(DictionaryKind.MATURITY, db_index=False)
    credit_rating = dictionary_field(DictionaryKind.CREDIT_RATING, db_index=False)
    credit_limit = models.DecimalField(
        _("credit limit"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    bank_name = models.CharField(_("bank"), max_length=80, blank=True)
    bank_account = models.CharField(_("bank account"), max_length=40, blank=True)
    tax_id = models.CharField(_("tax id"), max_length=40, blank=True)
    invoice_title = models.CharField(_("invoice title"), max_length=120, blank=True)
    province = models.CharField(_("province"), max_length=40, blank=True)
    city = models.CharField(_("city"), max_length=40, blank=True)
    district = models.CharField(_("district"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    location_status = models.CharField(
        _("location"), max_length=12, choices=LocationStatus.choices, default=LocationStatus.NONE
    )
    tags = models.ManyToManyField(Tag, verbose_name=_("tags"), blank=True, related_name="customers")
    notes = models.TextField(_("notes"), max_length=2000, blank=True)
    extra = models.JSONField(_("further fields"), default=dict, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=CustomerStatus.choices, default=CustomerStatus.ACTIVE
    )
    alerts_exempt = models.BooleanField(_("no alerts"), default=False)

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="customers",
        db_index=False,  # the index over owner and status begins with it
    )
    # Business day on which the present owner got the customer; the alert and pool clocks start here.
    received_on = models.DateField(_("received on"), null=True, blank=True)

    # A locked customer is never recycled. In the pool: since when, and who had it last (he waits before he may claim it).
    pool_locked = models.BooleanField(_("locked for its owner"), default=False)
    pooled_at = models.DateTimeField(_("in the pool since"), null=True, blank=True, editable=False)
    last_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("last owner"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    # Last events, business days, written only by crm.services.record_event and checked nightly against the
    # records they are taken from: the alert job over all customers reads nothing else.
    last_visit_on = models.DateField(_("last visit"), null=True, blank=True, editable=False)
    last_order_on = models.DateField(_("last order"), null=True, blank=True, editable=False)
    last_sale_on = models.DateField(_("last sale"), null=True, blank=True, editable=False)
    last_follow_up_on = models.DateField(_("last follow-up"), null=True, blank=True, editable=False)
    # When the last follow-up said to contact the customer again.
    next_contact_at = models.DateTimeField(_("next contact"), null=True, blank=True, editable=False)

    # For search and duplicate checks, filled by crm.services: see common.names.
    name_key = models.CharField(max_length=120, editable=False, default="")
    search_text = models.TextField(editable=False, default="")
    search_grams = GramsField()

    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    created_on = models.DateField(_("created on"))
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    # Without a constraint: an import would check it for each of its customers, on a row that it holds itself.
    import_job = models.ForeignKey(
        "crm.ImportJob",
        verbose_name=_("import"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="customers",
        db_constraint=False,
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        base_manager_name = (
            "objects"  # whoever asks for the plain manager passes the one door of places as well
        )
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [
            ("import_customer", _("Can import customers")),
            ("export_customer", _("Can export customers")),
            ("assign_customer", _("Can assign customers to others")),
            ("confirm_location", _("Can confirm where customers are")),
            ("view_pool", _("Can see the public pool")),
            ("claim_customer", _("Can claim customers from the public pool")),
            ("lock_customer", _("Can lock customers against recycling")),
            ("merge_customer", _("Can merge duplicate customers")),
        ]
        constraints = [
            # Not unique=True, which brings a second index for LIKE that nothing uses.
            models.UniqueConstraint(fields=["code"], name="customer_code_unique"),
            models.CheckConstraint(condition=whole_place(), name="customer_location_whole"),
            models.CheckConstraint(
                condition=Q(owner__isnull=True) | Q(received_on__isnull=False),
                name="customer_owner_has_received_on",
            ),
        ]
        # Every index is paid for by each customer of an import: none for choices that no list is filtered by.
        indexes = [
            # With the key in it, "mine or shared with me" is counted from the index alone.
            models.Index(fields=["owner", "status", "id"], name="customer_owner_status_id"),
            models.Index(fields=["last_visit_on"], name="customer_last_visit"),
            models.Index(fields=["last_order_on"], name="customer_last_order"),
            models.Index(fields=["name"], name="customer_name"),
            models.Index(
                fields=["next_contact_at"],
                name="customer_next_contact",
                condition=Q(next_contact_at__isnull=False),
            ),
            # The exact half of the duplicate check; search has its GIN index in migration 0002.
            models.Index(fields=["name_key"], name="customer_name_key"),
            models.Index(fields=["tax_id"], name="customer_tax_id", condition=~Q(tax_id="")),
            models.Index(fields=["region"], name="customer_region", condition=Q(region__isnull=False)),
            # Its other half: who of a similar name stands within 200 m? On PostgreSQL it holds the name as well
            # (migration 0008), so that the rows themselves are not read.
            models.Index(
                fields=["latitude", "longitude"],
                name="customer_location",
                condition=Q(latitude__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("crm:customer_detail", args=[self.pk])

    @property
    def has_location(self) -> bool:
        return self.latitude is not None and self.longitude is not None

    @property
    def full_address(self) -> str:
        return "".join(part for part in (self.province, self.city, self.district, self.address) if part)
