from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Customer
from crm.querysets import ByCustomerQuerySet
from crm.rules.competitors import price_in_words


class Competitor(models.Model):
    """Another supplier our customers buy from (B10)."""

    name = models.CharField(_("competitor"), max_length=60, unique=True)
    notes = models.CharField(_("notes"), max_length=300, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("competitor")
        verbose_name_plural = _("competitors")

    def __str__(self) -> str:
        return self.name


class CompetitorSighting(models.Model):
    """A competitor's product seen at a customer, with its price and who is behind it there."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="competitor_sightings"
    )
    competitor = models.ForeignKey(
        Competitor, verbose_name=_("competitor"), on_delete=models.PROTECT, related_name="sightings"
    )
    product = models.CharField(_("product"), max_length=80)
    price = models.DecimalField(
        _("price"), max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    person = models.CharField(_("person in charge"), max_length=40, blank=True)
    notes = models.CharField(_("notes"), max_length=300, blank=True)
    seen_on = models.DateField(_("seen on"))
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rep"), on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ByCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["-seen_on", "-pk"]
        verbose_name = _("competitor sighting")
        verbose_name_plural = _("competitor sightings")
        permissions = [("export_competitorsighting", _("Can export competitor sightings"))]
        indexes = [models.Index(fields=["customer", "-seen_on"], name="sighting_customer_seen")]

    def __str__(self) -> str:
        return f"{self.competitor} {self.product}"

    @property
    def price_text(self) -> str:
        """¥59.00 / box, "" without a price."""
        return price_in_words(self.price, self.unit)
