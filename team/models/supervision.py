from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import FollowUp
from sales.models import SalesOrder
from team.models.fields import person_key
from team.querysets.supervision import InstructionQuerySet
from visits.models import Visit

LONGEST = 1000


def _target(model: type[models.Model], label: Any) -> models.ForeignKey:
    # What it was about may go; the words stay on the person's day, which every instruction names.
    return models.ForeignKey(
        model,
        verbose_name=label,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="instructions",
    )


class Instruction(models.Model):
    """A leader's remark (批示, H4) on a person's day, or on one visit, follow-up or order of it."""

    author = person_key(_("author"), "instructions_given")
    person = person_key(_("for"), "instructions")
    day = models.DateField(_("day"))  # business day that it is about
    visit = _target(Visit, _("visit"))
    follow_up = _target(FollowUp, _("follow-up"))
    order = _target(SalesOrder, _("sales order"))
    text = models.TextField(_("instruction"), max_length=LONGEST)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    # When the person answered, as long as his answer is the last word.
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("done by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = InstructionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("instruction")
        verbose_name_plural = _("instructions")
        permissions = [
            ("view_supervision", _("Can see the days of the people in his scope")),
            ("export_supervision", _("Can export the days of the people in his scope")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(visit__isnull=True, follow_up__isnull=True)
                | Q(visit__isnull=True, order__isnull=True)
                | Q(follow_up__isnull=True, order__isnull=True),
                name="instruction_one_target",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="instruction_says_something"),
            models.CheckConstraint(condition=~Q(author=F("person")), name="instruction_not_to_oneself"),
        ]
        indexes = [
            models.Index(fields=["person", "-created_at"], name="instruction_person"),
            models.Index(fields=["author", "-created_at"], name="instruction_author"),
            models.Index(fields=["person", "day"], name="instruction_person_day"),
            models.Index(
                fields=["person"],
                name="instruction_unanswered",
                condition=Q(answered_at__isnull=True, done_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]

    def get_absolute_url(self) -> str:
        return reverse("team:instruction", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.done_at is None


class InstructionAnswer(models.Model):
    """What the two of them wrote below it."""

    instruction = models.ForeignKey(Instruction, on_delete=models.CASCADE, related_name="answers")
    author = person_key(_("author"), "instruction_answers")
    text = models.TextField(_("answer"), max_length=LONGEST)
    created_at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("answer to an instruction")
        verbose_name_plural = _("answers to instructions")
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="instruction_answer_says_something")
        ]

    def __str__(self) -> str:
        return self.text[:40]
