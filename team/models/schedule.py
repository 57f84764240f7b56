import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.punctuation import named
from crm.models import Customer
from team.enums import EntryVisibility, InvitationAnswer
from team.querysets.schedule import ScheduleEntryQuerySet

MAX_NOTES = 2000


class ScheduleEntry(models.Model):
    """What a person writes into his schedule (日程, H2): once or repeated, alone or with colleagues.

    A whole day is kept as its local midnights, so that one index and one comparison serve both sorts.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        related_name="schedule_entries",
    )
    title = models.CharField(_("title"), max_length=120)
    place = models.CharField(_("place"), max_length=200, blank=True)
    notes = models.TextField(_("notes"), max_length=MAX_NOTES, blank=True)
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="schedule_entries",
    )
    is_all_day = models.BooleanField(_("all day"), default=False)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    # As in RFC 5545, within what team.rules.schedule reads; UNTIL is a local date.
    rule = models.CharField(_("repeats"), max_length=120, blank=True)
    # Where the last occurrence by the rule ends; null: it goes on for ever.
    last_end_at = models.DateTimeField(null=True, blank=True, editable=False)
    remind_minutes = models.PositiveIntegerField(_("remind before (minutes)"), null=True, blank=True)
    # The reminder of the next occurrence, for the job of every minute; null when none is to come.
    remind_next_at = models.DateTimeField(null=True, blank=True, editable=False)
    visibility = models.CharField(
        _("superiors see"), max_length=7, choices=EntryVisibility.choices, default=EntryVisibility.OPEN
    )
    # Raised by every change: SEQUENCE of the iCalendar feed.
    version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    updated_at = models.DateTimeField(_("changed at"), default=timezone.now)

    objects = ScheduleEntryQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        verbose_name = _("schedule entry")
        verbose_name_plural = _("schedule entries")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="schedule_ends_after_start"),
            models.CheckConstraint(condition=~Q(title=""), name="schedule_entry_has_title"),
            models.CheckConstraint(
                condition=Q(last_end_at__isnull=True) | Q(last_end_at__gte=F("ends_at")),
                name="schedule_last_end_after_first",
            ),
            models.CheckConstraint(
                condition=~Q(rule="") | Q(last_end_at__isnull=False), name="schedule_once_has_an_end"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "starts_at"], name="schedule_owner_start"),
            models.Index(fields=["owner", "last_end_at"], name="schedule_owner_last_end"),
            models.Index(fields=["customer"], name="schedule_customer", condition=Q(customer__isnull=False)),
            models.Index(
                fields=["remind_next_at"],
                name="schedule_to_remind",
                condition=Q(remind_next_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("team:schedule_entry", args=[self.pk])

    @property
    def length(self) -> dt.timedelta:
        return self.ends_at - self.starts_at


class ScheduleException(models.Model):
    """One occurrence of a series that does not follow its rule: cancelled, or at another time."""

    entry = models.ForeignKey(ScheduleEntry, on_delete=models.CASCADE, related_name="exceptions")
    day = models.DateField(_("day"))  # local date on which the rule has it begin
    is_cancelled = models.BooleanField(_("cancelled"), default=False)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        ordering = ["day"]
        verbose_name = _("exception of a series")
        verbose_name_plural = _("exceptions of series")
        constraints = [
            models.UniqueConstraint(fields=["entry", "day"], name="schedule_exception_once_a_day"),
            models.CheckConstraint(
                condition=Q(is_cancelled=True, starts_at__isnull=True, ends_at__isnull=True)
                | Q(
                    is_cancelled=False,
                    starts_at__isnull=False,
                    ends_at__isnull=False,
                    ends_at__gt=F("starts_at"),
                ),
                name="schedule_exception_cancelled_or_moved",
            ),
        ]
        indexes = [models.Index(fields=["starts_at"], name="schedule_exception_start")]

    def __str__(self) -> str:
        return str(self.day)


class ScheduleInvitation(models.Model):
    """A colleague who is asked to come, and what he answered; for a series it is one answer."""

    entry = models.ForeignKey(ScheduleEntry, on_delete=models.CASCADE, related_name="invitations")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("colleague"),
        on_delete=models.CASCADE,
        related_name="schedule_invitations",
    )
    answer = models.CharField(
        _("answer"), max_length=8, choices=InvitationAnswer.choices, default=InvitationAnswer.WAITING
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    created_at = models.DateTimeField(_("invited at"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(fields=["entry", "person"], name="schedule_invitation_unique"),
            models.CheckConstraint(
                condition=Q(answer="waiting", answered_at__isnull=True)
                | (~Q(answer="waiting") & Q(answered_at__isnull=False)),
                name="schedule_invitation_answered_at",
            ),
        ]
        indexes = [models.Index(fields=["person", "answer"], name="schedule_invitation_person")]

    def __str__(self) -> str:
        return named(self.person, self.get_answer_display())


class ScheduleReminder(models.Model):
    """One person's reminder of one occurrence. It waits while his quiet hours last, and is told once or not at all."""

    entry = models.ForeignKey(ScheduleEntry, on_delete=models.CASCADE, related_name="reminders")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="schedule_reminders"
    )
    begins_at = models.DateTimeField(_("begins at"))
    ends_at = models.DateTimeField(_("ends at"))
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)

    class Meta:
        ordering = ["begins_at", "pk"]
        verbose_name = _("reminder of the schedule")
        verbose_name_plural = _("reminders of the schedule")
        constraints = [
            models.UniqueConstraint(fields=["entry", "person", "begins_at"], name="schedule_reminder_once")
        ]
        indexes = [
            models.Index(
                fields=["ends_at"], name="schedule_reminder_waits", condition=Q(told_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return named(self.person, f"{timezone.localtime(self.begins_at):%Y-%m-%d %H:%M}")


class ScheduleFeed(models.Model):
    """The secret address under which a calendar app reads a person's schedule. Only the token's hash is kept."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="schedule_feeds",
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    token_hint = models.CharField(_("begins with"), max_length=4, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    read_at = models.DateTimeField(_("last read"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("switched off at"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(revoked_at__isnull=True),
                name="schedule_feed_one_a_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.token_hint}…"
