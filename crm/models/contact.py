from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.enums import ContactRole
from crm.models.customer import Customer
from crm.querysets import ByCustomerQuerySet


class Contact(models.Model):
    """A person at a customer (B2)."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="contacts"
    )
    name = models.CharField(_("full name"), max_length=40)
    position = models.CharField(_("position"), max_length=40, blank=True)
    role = models.CharField(_("part in decisions"), max_length=12, choices=ContactRole.choices, blank=True)
    # The relationship tree: who this person answers to, at the same customer.
    reports_to = models.ForeignKey(
        "self",
        verbose_name=_("reports to"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="reports",
        db_index=False,  # see Meta
    )
    project = models.CharField(_("responsible for"), max_length=80, blank=True)
    needs = models.CharField(_("needs"), max_length=300, blank=True)
    hobbies = models.CharField(_("hobbies"), max_length=120, blank=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    is_primary = models.BooleanField(_("main contact"), default=False)
    notes = models.CharField(_("notes"), max_length=300, blank=True)

    objects = ByCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["-is_primary", "pk"]
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=models.Q(is_primary=True), name="contact_one_primary"
            ),
            models.CheckConstraint(
                condition=models.Q(reports_to__isnull=True) | ~models.Q(reports_to=models.F("pk")),
                name="contact_not_own_superior",
            ),
        ]
        # Most answer to nobody: an empty reference is not worth an entry in each import.
        indexes = [
            models.Index(
                fields=["reports_to"],
                name="contact_reports_to",
                condition=models.Q(reports_to__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Phone(models.Model):
    """A phone as it was typed, with its E.164 form where it could be parsed."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="phones")
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.CASCADE, related_name="phones", db_index=False
    )
    raw = models.CharField(_("phone"), max_length=60)
    e164 = models.CharField(max_length=20, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects = ByCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("phone")
        verbose_name_plural = _("phones")
        indexes = [
            # Not db_index=True, which brings a second index for LIKE that nothing uses.
            models.Index(fields=["e164"], name="phone_e164"),
            models.Index(fields=["contact"], name="phone_contact", condition=models.Q(contact__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.raw

    @property
    def is_recognised(self) -> bool:
        return bool(self.e164)
