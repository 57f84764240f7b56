from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from visits.enums import FieldKind, PhraseUse, StepKind


class CustomForm(models.Model):
    """Questions that the company asks in stores (D6), made in the admin."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("form")
        verbose_name_plural = _("forms")

    def __str__(self) -> str:
        return self.name


class FormQuestion(models.Model):
    form = models.ForeignKey(CustomForm, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    label = models.CharField(_("question"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=FieldKind.choices, default=FieldKind.TEXT)
    is_required = models.BooleanField(_("required"), default=False)
    choices = models.TextField(_("choices"), blank=True, help_text=_("One a line."))

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("question")
        verbose_name_plural = _("questions")

    def __str__(self) -> str:
        return self.label


class VisitType(models.Model):
    """What a visit consists of: steps in order, some required. For certain roles and departments, or for everybody."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    is_default = models.BooleanField(_("used when nobody chooses"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    roles = models.ManyToManyField(
        "accounts.Role", verbose_name=_("roles"), blank=True, related_name="+", help_text=_("Empty: all.")
    )
    departments = models.ManyToManyField(
        "accounts.Department",
        verbose_name=_("departments"),
        blank=True,
        related_name="+",
        help_text=_("With their children. Empty: all."),
    )

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("visit type")
        verbose_name_plural = _("visit types")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], name="visit_type_one_default", condition=Q(is_default=True)
            )
        ]

    def __str__(self) -> str:
        return self.name


class VisitStep(models.Model):
    visit_type = models.ForeignKey(VisitType, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    kind = models.CharField(_("step"), max_length=12, choices=StepKind.choices)
    is_required = models.BooleanField(_("required"), default=False)
    form = models.ForeignKey(
        CustomForm, verbose_name=_("form"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [
            models.UniqueConstraint(
                fields=["visit_type", "kind"], name="visit_step_once", condition=~Q(kind="form")
            ),
            models.CheckConstraint(
                condition=Q(kind="form", form__isnull=False) | (~Q(kind="form") & Q(form__isnull=True)),
                name="visit_step_form_named",
            ),
        ]

    def __str__(self) -> str:
        return str(self.form or self.get_kind_display())


class Phrase(models.Model):
    """A text that is typed often (常用语): the company's, or a person's own."""

    use = models.CharField(_("used in"), max_length=10, choices=PhraseUse.choices)
    text = models.CharField(_("text"), max_length=200)
    user = models.ForeignKey(
        "accounts.User",
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text=_("Empty: everybody's."),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("phrase")
        verbose_name_plural = _("phrases")

    def __str__(self) -> str:
        return self.text
