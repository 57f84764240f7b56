from functools import partial

from django.utils import timezone

from team.models import CustomerTask, Instruction, TaskContact, WorkReport
from tests.reports.brute import Entry, brute
from tests.reports.brute.customers import local_day
from visits.models import DailyReport


def work_reports(wanted):
    for row in WorkReport.objects.all().select_related("person"):
        if row.status != "draft":
            yield Entry(row.person, row.first, int(wanted(row)), more=(("work_report_kind", row.kind),))


brute("work_reports")(partial(work_reports, lambda row: True))
brute("work_reports_late")(partial(work_reports, lambda row: row.is_late))
brute("work_reports_read")(partial(work_reports, lambda row: row.status == "read"))


def daily_reports(wanted):
    for row in DailyReport.objects.all().select_related("rep"):
        if row.status == "sent":
            yield Entry(row.rep, row.day, int(wanted(row)))


brute("daily_reports")(partial(daily_reports, lambda row: True))
brute("daily_reports_read")(partial(daily_reports, lambda row: row.read_at is not None))


def instructions(wanted):
    for row in Instruction.objects.all().select_related("person"):
        yield Entry(row.person, row.day, int(wanted(row)))


brute("instructions")(partial(instructions, lambda row: True))
brute("instructions_read")(partial(instructions, lambda row: row.read_at is not None))
brute("instructions_answered")(partial(instructions, lambda row: row.answered_at is not None))
brute("instructions_done")(partial(instructions, lambda row: row.done_at is not None))


def tasks(day, wanted):
    for row in CustomerTask.objects.all().select_related("assignee", "customer"):
        if wanted(row):
            yield Entry(row.assignee, day(row), 1, row.customer, more=(("task_kind", row.kind),))


def made(row):
    return local_day(row.created_at)


def finished(row):
    return local_day(row.done_at)


def is_done(row):
    return row.status == "done"


def is_timed(row):
    return is_done(row) and row.due_at is not None


def is_late(row):
    return row.status in ("open", "doing") and row.due_at is not None and row.due_at < timezone.now()


brute("tasks_made")(partial(tasks, made, lambda row: True))
brute("tasks_complaints")(partial(tasks, made, lambda row: row.is_complaint))
brute("tasks_done")(partial(tasks, finished, is_done))
brute("tasks_timed")(partial(tasks, finished, is_timed))
brute("tasks_in_time")(partial(tasks, finished, lambda row: is_timed(row) and row.done_at <= row.due_at))
brute("tasks_late")(partial(tasks, lambda row: None, is_late))


def contacts(wanted, of_task=False):
    for row in TaskContact.objects.all().select_related("task__assignee", "task__customer"):
        if wanted(row):
            task = row.task
            more = (
                ("task_kind", task.kind),
                ("follow_method", str(row.method_id or "none")),
                ("contact_result", row.result),
            )
            token = task.pk if of_task else None
            yield Entry(task.assignee, local_day(row.at), 1, task.customer, token=token, more=more)


brute("task_contacts")(partial(contacts, lambda row: True))
brute("task_contacts_solved")(partial(contacts, lambda row: row.result == "solved"))
brute("task_contacts_missed")(partial(contacts, lambda row: row.result == "not_reached"))
brute("contacted_tasks")(partial(contacts, lambda row: True, True))
