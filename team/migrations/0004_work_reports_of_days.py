"""Days that were sent before there were work reports get theirs, so that lists and statistics know of them."""

from django.db import migrations

SAME = (
    "planned", "done", "closed", "visits", "valid", "new_customers", "follow_ups", "orders", "ordered",
    "receipts", "received", "returns", "returned", "mileage_m",
)  # fmt: skip
SIZE = 1000


def report_of(model, daily, key, label):
    """As team.services.reports.follow_day_end makes it."""
    figures = {name: daily.figures[name] for name in SAME if name in daily.figures}
    figures["ahead"] = len(daily.figures.get("tomorrow", ()))
    return model(
        person_id=daily.rep_id,
        kind="day",
        first=daily.day,
        status="sent" if daily.read_at is None else "read",
        figures=figures,
        texts=[{"key": key, "label": label, "text": daily.remark}] if daily.remark else [],
        words=daily.remark,
        reviewer_id=daily.reader_id,
        daily_report_id=daily.pk,
        sent_at=daily.sent_at,
        read_at=daily.read_at,
    )


def make(apps, schema_editor):
    reports = apps.get_model("team", "WorkReport")
    daily = apps.get_model("visits", "DailyReport").objects.filter(status="sent", work_report__isnull=True)
    template = apps.get_model("team", "WorkReportTemplate").objects.filter(role="rep", kind="day").first()
    section = template.sections[0] if template and template.sections else {"key": "done", "label": "今日小结"}
    batch = []
    for row in daily.order_by("pk").iterator(chunk_size=SIZE):
        batch.append(report_of(reports, row, section["key"], section["label"]))
        if len(batch) == SIZE:
            reports.objects.bulk_create(batch, ignore_conflicts=True)
            batch = []
    reports.objects.bulk_create(batch, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("team", "0003_document_search")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
