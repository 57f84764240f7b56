from auditlog.registry import auditlog
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from alerts.models import AlertRule, AlertRun, RepAlertRule, RhythmState

auditlog.register(AlertRule)
auditlog.register(RepAlertRule)
auditlog.register(RhythmState, include_fields=["quantile"])


@admin.register(AlertRule)
class AlertRuleAdmin(admin.ModelAdmin):
    list_display = ["kind", "level_in_words", "department_in_words", "period_days", "is_enabled"]
    list_display_links = ["kind"]
    list_editable = ["period_days", "is_enabled"]
    list_filter = ["kind", "level", "is_enabled"]
    list_select_related = ["department"]
    save_as = True
    fieldsets = [
        (
            None,
            {
                "fields": [
                    *("kind", "period_days", "working_days", "threshold", "level", "department"),
                    *("channel", "tag", "starts_on", "ends_on", "is_enabled"),
                ],
                "description": _(
                    "A customer is due this many days after the last visit, order or sale; without one, after the "
                    "later of the day the file was made and the day the present owner got it. The alert opens on the "
                    "day after. One rule judges a customer: level and department before level, level before "
                    "department, department before general; of equally specific ones the shorter. Changes count from "
                    "the next run."
                ),
            },
        )
    ]

    @admin.display(description=_("level"), ordering="level")
    def level_in_words(self, rule: AlertRule) -> str:
        return rule.level or str(_("every level"))

    @admin.display(description=_("department"), ordering="department__name")
    def department_in_words(self, rule: AlertRule) -> str:
        return str(rule.department or _("every department"))


@admin.register(RepAlertRule)
class RepAlertRuleAdmin(admin.ModelAdmin):
    list_display = [
        "measure",
        "window_days",
        "threshold_percent",
        "department",
        "working_days_only",
        "is_enabled",
    ]
    list_editable = ["window_days", "threshold_percent", "is_enabled"]
    list_select_related = ["department"]
    save_as = True
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "measure",
                    "window_days",
                    "threshold_percent",
                    "department",
                    "working_days_only",
                    "is_enabled",
                ],
                "description": _(
                    "Compares the reps over the business days before today. A rep is named when he has nothing at all, "
                    "or less than this share of the average over all active reps in scope, himself and those with "
                    "nothing included."
                ),
            },
        )
    ]


@admin.register(AlertRun)
class AlertRunAdmin(admin.ModelAdmin):
    list_display = ["date", "state", "started_at", "opened", "closed", "seconds", "requested_by", "message"]
    list_filter = ["state"]
    list_select_related = ["requested_by"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AlertRun | None = None) -> bool:
        return False


@admin.register(RhythmState)
class RhythmStateAdmin(admin.ModelAdmin):
    """The one row: how long a silence is too long; and what the nightly run did."""

    list_display = ["__str__", "quantile", "as_of", "computed", "seconds", "message"]
    readonly_fields = ["as_of", "started_at", "finished_at", "computed", "seconds", "message"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not RhythmState.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: RhythmState | None = None) -> bool:
        return False
