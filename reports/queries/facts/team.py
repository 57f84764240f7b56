"""What the team writes and does for customers: reports, instructions (H3, H4), customer tasks (H1, team.queries.task_statistics)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.tables import ChoiceColumn, Column, DateColumn, LinkColumn, MomentColumn
from reports.enums import Unit
from reports.queries.dimensions import ChoiceDimension, register_dimension
from reports.queries.facts.customers import counting
from reports.queries.measures import Derived, Fact, ratio, register
from team.enums import (
    CustomerTaskKind,
    CustomerTaskStatus,
    TaskContactResult,
    WorkReportKind,
    WorkReportStatus,
)
from team.models import CustomerTask, Instruction, TaskContact, WorkReport
from visits.enums import ReportStatus
from visits.models import DailyReport

for dimension in (
    ChoiceDimension("work_report_kind", _("Kind"), words=tuple(WorkReportKind.choices)),
    ChoiceDimension("task_kind", _("Kind"), words=tuple(CustomerTaskKind.choices)),
    ChoiceDimension("contact_result", _("Result"), words=tuple(TaskContactResult.choices)),
):
    register_dimension(dimension)


# --- rows
def sent_work_reports() -> QuerySet[Any]:
    return WorkReport.objects.exclude(status=WorkReportStatus.DRAFT)


def sent_daily_reports() -> QuerySet[Any]:
    return DailyReport.objects.filter(status=ReportStatus.SENT)


def done_tasks() -> QuerySet[Any]:
    return CustomerTask.objects.filter(status=CustomerTaskStatus.DONE)


def late_tasks() -> QuerySet[Any]:
    return CustomerTask.objects.late(timezone.now())


# --- columns
def _work_report_columns() -> Sequence[Column]:
    return [
        LinkColumn("first", _("First day"), order=("first",), phone="title"),
        ChoiceColumn("kind", _("Kind"), order=("kind",)),
        Column("person", _("Reporter"), path="person.name", order=("person__name",)),
        MomentColumn("sent_at", _("Sent at"), order=("sent_at",)),
        ChoiceColumn("status", _("Status"), order=("status",), phone="side"),
    ]


def _daily_columns() -> Sequence[Column]:
    return [
        DateColumn("day", _("Day"), order=("day",), phone="title"),
        Column("rep", _("Rep"), path="rep.name", order=("rep__name",)),
        MomentColumn("sent_at", _("Sent at"), order=("sent_at",), phone="side"),
        MomentColumn("read_at", _("Read at"), order=("read_at",)),
    ]


def _instruction_columns() -> Sequence[Column]:
    return [
        LinkColumn("text", _("Instruction"), path="text", phone="title"),
        DateColumn("day", _("Day"), order=("day",), phone="side"),
        Column("person", _("For"), path="person.name", order=("person__name",)),
        Column("author", _("From"), path="author.name", order=("author__name",)),
        MomentColumn("read_at", _("Read at"), order=("read_at",)),
        MomentColumn("answered_at", _("Answered at"), order=("answered_at",)),
        MomentColumn("done_at", _("Done at"), order=("done_at",)),
    ]


def _task_columns() -> Sequence[Column]:
    return [
        LinkColumn("title", _("Task"), order=("title",), phone="title"),
        ChoiceColumn("kind", _("Kind"), order=("kind",)),
        Column("customer", _("Customer"), path="customer.name", order=("customer__name",)),
        Column("assignee", _("Assignee"), path="assignee.name", order=("assignee__name",)),
        ChoiceColumn("status", _("Status"), order=("status",), phone="side"),
        MomentColumn("due_at", _("Due at"), order=("due_at",)),
        MomentColumn("done_at", _("Done at"), order=("done_at",)),
    ]


def _contact_columns() -> Sequence[Column]:
    return [
        Column("text", pgettext_lazy("customer tasks", "Contact"), path="text", phone="title"),
        MomentColumn("at", _("Time"), order=("at",)),
        Column("customer", _("Customer"), path="task.customer.name", order=("task__customer__name",)),
        Column("assignee", _("Assignee"), path="task.assignee.name", order=("task__assignee__name",)),
        Column("method", _("Method"), path="method.name", order=("method__name",)),
        ChoiceColumn("result", _("Result"), order=("result",), phone="side"),
    ]


# --- facts
WORK_REPORTS = Fact(
    "work_reports",
    _("Work reports"),
    WorkReport,
    sent_work_reports,
    "team.view_workreport",
    _work_report_columns,
    day="first",
    rep="person",
    customer="",
    paths={"work_report_kind": "kind"},
    related=("person",),
    order=("-first", "-pk"),
    others="team.read_team_workreport",  # as on the pages of work reports
)
DAILY_REPORTS = Fact(
    "daily_reports",
    _("Daily reports"),
    DailyReport,
    sent_daily_reports,
    "visits.view_dailyreport",
    _daily_columns,
    day="day",
    customer="",
    related=("rep",),
    order=("-day", "-pk"),
)
INSTRUCTIONS = Fact(
    "instructions",
    _("Instructions"),
    Instruction,
    Instruction.objects.all,
    "team.view_supervision",  # seen by those who lead the person; a wide data scope alone is no reason
    _instruction_columns,
    day="day",
    rep="person",
    customer="",
    related=("person", "author"),
    order=("-created_at", "-pk"),
)


def _tasks(code: str, label: Any, rows: Any, day: str) -> Fact:
    return Fact(
        code,
        label,
        CustomerTask,
        rows,
        "team.view_customertask",
        _task_columns,
        day=day,
        rep="assignee",
        paths={"task_kind": "kind"},
        related=("customer", "assignee"),
        order=("-created_at", "-pk"),
    )


TASKS_MADE = _tasks("tasks_made", _("Customer tasks made"), CustomerTask.objects.all, "created_at")
TASKS_DONE = _tasks("tasks_done", _("Customer tasks done"), done_tasks, "done_at")
TASKS_LATE = _tasks("tasks_late", _("Overdue customer tasks"), late_tasks, "")
TASK_CONTACTS = Fact(
    "task_contacts",
    _("Contacts inside tasks"),
    TaskContact,
    TaskContact.objects.all,
    "team.view_customertask",
    _contact_columns,
    day="at",
    rep="task__assignee",
    customer="task__customer",
    paths={"task_kind": "task__kind", "follow_method": "method_id", "contact_result": "result"},
    related=("task__customer", "task__assignee", "method"),
    order=("-at", "-pk"),
)
register(WORK_REPORTS, DAILY_REPORTS, INSTRUCTIONS, TASKS_MADE, TASKS_DONE, TASKS_LATE, TASK_CONTACTS)

_TIMED = Q(due_at__isnull=False)

register(
    counting(
        "work_reports",
        pgettext_lazy("work reports", "Sent"),
        _("Work reports sent, in the period in which the day, week or month they are about begins."),
        WORK_REPORTS,
    ),
    counting(
        "work_reports_late",
        pgettext_lazy("work reports", "Late"),
        _("Work reports that were sent after they were due."),
        WORK_REPORTS,
        Q(is_late=True),
    ),
    counting(
        "work_reports_read",
        pgettext_lazy("work reports", "Read"),
        _("Work reports that the reviewer has read."),
        WORK_REPORTS,
        Q(status=WorkReportStatus.READ),
    ),
    Derived(
        "work_reports_late_share",
        _("Share late"),
        Unit.PERCENT,
        _("Work reports sent late ÷ work reports sent."),
        ("work_reports_late", "work_reports"),
        ratio,
    ),
    Derived(
        "work_reports_read_share",
        _("Share read"),
        Unit.PERCENT,
        _("Work reports read ÷ work reports sent."),
        ("work_reports_read", "work_reports"),
        ratio,
    ),
    counting(
        "daily_reports",
        _("Daily reports sent"),
        _("Days that reps closed with a daily report."),
        DAILY_REPORTS,
    ),
    counting(
        "daily_reports_read",
        _("Daily reports read"),
        _("Daily reports that were read by whom they were sent to."),
        DAILY_REPORTS,
        Q(read_at__isnull=False),
    ),
    counting(
        "instructions",
        _("Instructions"),
        _("Instructions on a person's day, for the one they were written to."),
        INSTRUCTIONS,
    ),
    counting(
        "instructions_read",
        _("Instructions read"),
        _("Instructions that the person has read."),
        INSTRUCTIONS,
        Q(read_at__isnull=False),
    ),
    counting(
        "instructions_answered",
        _("Instructions answered"),
        _("Instructions on which the person's answer is the last word."),
        INSTRUCTIONS,
        Q(answered_at__isnull=False),
    ),
    counting(
        "instructions_done",
        _("Instructions done"),
        _("Instructions marked as done."),
        INSTRUCTIONS,
        Q(done_at__isnull=False),
    ),
    counting(
        "tasks_made",
        pgettext_lazy("customer tasks", "Made"),
        _("Customer tasks made in the period, for the one who has them."),
        TASKS_MADE,
    ),
    counting(
        "tasks_complaints",
        _("Complaints"),
        _("Customer tasks made in the period that are about a complaint."),
        TASKS_MADE,
        Q(is_complaint=True),
    ),
    counting(
        "tasks_done",
        pgettext_lazy("customer tasks", "Done"),
        _("Customer tasks finished in the period."),
        TASKS_DONE,
    ),
    counting(
        "tasks_timed",
        _("With a due time"),
        _("Customer tasks finished in the period that had a due time."),
        TASKS_DONE,
        _TIMED,
    ),
    counting(
        "tasks_in_time",
        _("In time"),
        _("Customer tasks finished in the period by their due time."),
        TASKS_DONE,
        _TIMED & Q(done_at__lte=F("due_at")),
    ),
    Derived(
        "tasks_in_time_share",
        _("Share in time"),
        Unit.PERCENT,
        _("Finished in time ÷ finished ones that had a due time."),
        ("tasks_in_time", "tasks_timed"),
        ratio,
    ),
    counting(
        "tasks_late",
        _("Overdue now"),
        _("Customer tasks that are not finished though their time is over, as of now."),
        TASKS_LATE,
    ),
    counting(
        "task_contacts",
        pgettext_lazy("customer tasks", "Contacts"),
        _("Contacts with the customer inside a customer task, for the one who has the task."),
        TASK_CONTACTS,
    ),
    counting(
        "task_contacts_solved",
        _("Settled"),
        _("Contacts that settled the matter."),
        TASK_CONTACTS,
        Q(result=TaskContactResult.SOLVED),
    ),
    counting(
        "task_contacts_missed",
        _("Not reached"),
        _("Contacts in which nobody was reached."),
        TASK_CONTACTS,
        Q(result=TaskContactResult.NOT_REACHED),
    ),
    counting(
        "contacted_tasks",
        _("Tasks"),
        _("Different customer tasks with a contact in the period."),
        TASK_CONTACTS,
        None,
        "task",
    ),
    Derived(
        "solved_share",
        _("Share settled"),
        Unit.PERCENT,
        _("Contacts that settled the matter ÷ contacts."),
        ("task_contacts_solved", "task_contacts"),
        ratio,
    ),
)
