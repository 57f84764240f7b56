from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from sales.enums import AgreementFileKind, AgreementKind, AgreementStatus
from sales.models.fields import author_field, customer_field, money_field, rep_field
from sales.querysets import SalesQuerySet


class Agreement(models.Model):
    """What was agreed with a dealer or agent (G3). A renewal is a new agreement that points to the one before."""

    number = models.CharField(_("agreement number"), max_length=40, unique=True)
    customer = customer_field("agreements")
    rep = rep_field("agreements")
    kind = models.CharField(
        _("kind"), max_length=10, choices=AgreementKind.choices, default=AgreementKind.DEALER
    )
    title = models.CharField(_("title"), max_length=120)
    status = models.CharField(
        _("status"), max_length=10, choices=AgreementStatus.choices, default=AgreementStatus.DRAFT
    )
    territory = models.CharField(_("territory"), max_length=200, blank=True)
    clauses = models.TextField(_("clauses"), blank=True)  # sanitised HTML
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    signed_by = models.CharField(_("signed by"), max_length=60, blank=True)
    yearly_amount = money_field(_("agreed yearly amount"), null=True, blank=True)
    deposit = money_field(_("deposit"), null=True, blank=True)
    # Owner and superior are told this long before the end, once.
    remind_days = models.PositiveSmallIntegerField(_("remind before the end (days)"), default=30)
    reminded_at = models.DateTimeField(null=True, editable=False)
    renews = models.OneToOneField(
        "self",
        verbose_name=_("renews"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="renewed_by",
    )
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    end_reason = models.CharField(_("reason for the end"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_by = author_field()
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = SalesQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        permissions = [("export_agreement", _("Can export agreements"))]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="agreement_dates"),
        ]
        indexes = [
            models.Index(fields=["customer", "-starts_on"], name="agreement_customer"),
            models.Index(fields=["ends_on"], name="agreement_end", condition=Q(status="active")),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("sales:agreement_detail", args=[self.pk])


class AgreementFile(models.Model):
    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(
        _("kind"), max_length=12, choices=AgreementFileKind.choices, default=AgreementFileKind.ATTACHMENT
    )
    file = models.FileField(_("file"), upload_to="agreements/%Y/%m/")
    name = models.CharField(_("name"), max_length=200)
    size = models.PositiveIntegerField(_("size"))  # bytes
    created_by = author_field()
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("agreement file")
        verbose_name_plural = _("agreement files")

    def __str__(self) -> str:
        return self.name
