"""All of what it replaces in one step, for new databases: each table is made once instead of being changed again
and again. A database that has some of the old migrations goes on with them."""

import uuid
from importlib import import_module

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from common.create_models import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("visits", "0001_initial"),
        ("visits", "0002_in_store_plans_reports"),
        ("visits", "0003_visit_types"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0003_sales_stock_money"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("crm", "0007_follow_up_dictionaries"),
        ("sales", "0006_quote_templates"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="ClientAction",
                    fields=[
                        ("uuid", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("kind", models.CharField(max_length=20)),
                        ("occurred_at", models.DateTimeField()),
                        ("received_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "result",
                            models.CharField(
                                choices=[("done", "Done"), ("refused", "Refused")], max_length=10
                            ),
                        ),
                        ("answer", models.JSONField(default=dict)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="client_actions",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "client action",
                        "verbose_name_plural": "client actions",
                        "ordering": ["-received_at"],
                    },
                ),
                migrations.CreateModel(
                    name="CustomForm",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=60, unique=True, verbose_name="name")),
                        ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                    ],
                    options={
                        "verbose_name": "form",
                        "verbose_name_plural": "forms",
                        "ordering": ["name"],
                    },
                ),
                migrations.CreateModel(
                    name="LevelFrequency",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "level",
                            models.CharField(
                                choices=[("A", "A"), ("B", "B"), ("C", "C")],
                                max_length=1,
                                unique=True,
                                verbose_name="level",
                            ),
                        ),
                        (
                            "visits",
                            models.PositiveSmallIntegerField(
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(28),
                                ],
                                verbose_name="times in 28 days",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "visits by level",
                        "verbose_name_plural": "visits by level",
                        "ordering": ["level"],
                    },
                ),
                migrations.CreateModel(
                    name="Phrase",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "use",
                            models.CharField(
                                choices=[
                                    ("summary", "Visit summary"),
                                    ("skip", "Reason for skipping"),
                                    ("outside", "Reason outside the fence"),
                                ],
                                max_length=10,
                                verbose_name="used in",
                            ),
                        ),
                        ("text", models.CharField(max_length=200, verbose_name="text")),
                        ("position", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
                        (
                            "user",
                            models.ForeignKey(
                                blank=True,
                                help_text="Empty: everybody's.",
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="person",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "phrase",
                        "verbose_name_plural": "phrases",
                        "ordering": ["position", "pk"],
                    },
                ),
                migrations.CreateModel(
                    name="Upload",
                    fields=[
                        ("uuid", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("size", models.PositiveIntegerField()),
                        ("received", models.PositiveIntegerField(default=0)),
                        ("file", models.FileField(upload_to="uploads/%Y/%m/%d/")),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="uploads",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "upload",
                        "verbose_name_plural": "uploads",
                        "ordering": ["-created_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("received__lte", models.F("size"))),
                                name="upload_not_over_size",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="VisitType",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=60, unique=True, verbose_name="name")),
                        (
                            "is_default",
                            models.BooleanField(default=False, verbose_name="used when nobody chooses"),
                        ),
                        ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                        ("position", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
                        (
                            "departments",
                            models.ManyToManyField(
                                blank=True,
                                help_text="With their children. Empty: all.",
                                related_name="+",
                                to="accounts.department",
                                verbose_name="departments",
                            ),
                        ),
                        (
                            "roles",
                            models.ManyToManyField(
                                blank=True,
                                help_text="Empty: all.",
                                related_name="+",
                                to="accounts.role",
                                verbose_name="roles",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "visit type",
                        "verbose_name_plural": "visit types",
                        "ordering": ["position", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("is_default", True)),
                                fields=("is_default",),
                                name="visit_type_one_default",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DailyReport",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField(verbose_name="day")),
                        (
                            "status",
                            models.CharField(
                                choices=[("draft", "Draft"), ("sent", "Sent")],
                                default="draft",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        ("figures", models.JSONField(default=dict, verbose_name="figures")),
                        (
                            "remark",
                            models.CharField(blank=True, max_length=300, verbose_name="the rep's line"),
                        ),
                        ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                        ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="read at")),
                        ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed at")),
                        (
                            "reader",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="sent to",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="daily_reports",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "daily report",
                        "verbose_name_plural": "daily reports",
                        "ordering": ["-day", "rep"],
                        "constraints": [
                            models.UniqueConstraint(fields=("rep", "day"), name="daily_report_unique"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status", "draft"), ("sent_at__isnull", False), _connector="OR"
                                ),
                                name="daily_report_sent_has_time",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="VisitTask",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("date", models.DateField(verbose_name="date")),
                        ("position", models.PositiveIntegerField(default=0, verbose_name="order")),
                        (
                            "status",
                            models.CharField(
                                choices=[("open", "To visit"), ("done", "Visited"), ("skipped", "Skipped")],
                                default="open",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("one_off", "One-off"),
                                    ("route", "Route"),
                                    ("plan", "Periodic plan"),
                                    ("alert", "Alert"),
                                    ("manager", "Assigned by the manager"),
                                    ("upload", "Uploaded plan"),
                                ],
                                default="one_off",
                                max_length=10,
                                verbose_name="source",
                            ),
                        ),
                        ("source_id", models.BigIntegerField(blank=True, editable=False, null=True)),
                        (
                            "skip_reason",
                            models.CharField(blank=True, max_length=200, verbose_name="reason for skipping"),
                        ),
                        ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="visit_tasks",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="visit_tasks",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "moved_from",
                            models.DateField(
                                blank=True, editable=False, null=True, verbose_name="moved from"
                            ),
                        ),
                        (
                            "visit_type",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="visits.visittype",
                                verbose_name="visit type",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "visit task",
                        "verbose_name_plural": "visit tasks",
                        "ordering": ["date", "position", "pk"],
                        "indexes": [
                            models.Index(fields=["date", "rep"], name="visit_task_date_rep"),
                            models.Index(fields=["customer", "date"], name="visit_task_customer_date"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("rep", "customer", "date"), name="visit_task_rep_customer_date_unique"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "skipped"), _negated=True),
                                    models.Q(("skip_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="visit_task_skip_has_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="VisitPlan",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("weekdays", models.CharField(blank=True, max_length=13, verbose_name="weekdays")),
                        ("starts_on", models.DateField(verbose_name="from")),
                        ("ends_on", models.DateField(blank=True, null=True, verbose_name="until")),
                        ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="visit_plans",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="visit_plans",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        ("every", models.PositiveSmallIntegerField(default=1, verbose_name="every")),
                        (
                            "frequency",
                            models.PositiveSmallIntegerField(
                                blank=True, null=True, verbose_name="times in 28 days"
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                        (
                            "on_holiday",
                            models.CharField(
                                choices=[
                                    ("skip", "Left out"),
                                    ("next", "On the next working day"),
                                    ("keep", "Visited all the same"),
                                ],
                                default="skip",
                                max_length=6,
                                verbose_name="on days off",
                            ),
                        ),
                        (
                            "rhythm",
                            models.CharField(
                                choices=[
                                    ("weekdays", "On weekdays"),
                                    ("days", "Every n days"),
                                    ("weeks", "Every n-th week"),
                                    ("cycle", "Times in 28 days"),
                                ],
                                default="weekdays",
                                max_length=10,
                                verbose_name="rhythm",
                            ),
                        ),
                        (
                            "visit_type",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="visits.visittype",
                                verbose_name="visit type",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "visit plan",
                        "verbose_name_plural": "visit plans",
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("rep", "customer"), name="visit_plan_rep_customer_unique"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("every__gte", 1)), name="visit_plan_every_from_1"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("frequency__isnull", True),
                                    models.Q(("frequency__gte", 1), ("frequency__lte", 28)),
                                    _connector="OR",
                                ),
                                name="visit_plan_frequency_1_to_28",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("rhythm__in", ("weekdays", "weeks")), _negated=True),
                                    models.Q(("weekdays", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="visit_plan_has_weekdays",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FormQuestion",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
                        ("label", models.CharField(max_length=120, verbose_name="question")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("text", "Text"),
                                    ("number", "Number"),
                                    ("yes_no", "Yes or no"),
                                    ("choice", "One of several"),
                                    ("choices", "Several of several"),
                                    ("date", "Date"),
                                ],
                                default="text",
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        ("is_required", models.BooleanField(default=False, verbose_name="required")),
                        (
                            "choices",
                            models.TextField(blank=True, help_text="One a line.", verbose_name="choices"),
                        ),
                        (
                            "form",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="questions",
                                to="visits.customform",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "question",
                        "verbose_name_plural": "questions",
                        "ordering": ["position", "pk"],
                    },
                ),
                migrations.CreateModel(
                    name="VisitStep",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("order", "Sales order"),
                                    ("van_sale", "Van sale"),
                                    ("return", "Sales return"),
                                    ("receipt", "Receipt"),
                                    ("stock_count", "Stock count"),
                                    ("sell_out", "Sell-out report"),
                                    ("display", "Display report"),
                                    ("competitor", "Competitor sighting"),
                                    ("photo", "Photos"),
                                    ("form", "Form"),
                                    ("maturity", "Maturity"),
                                    ("summary", "Visit summary"),
                                ],
                                max_length=12,
                                verbose_name="step",
                            ),
                        ),
                        ("is_required", models.BooleanField(default=False, verbose_name="required")),
                        (
                            "form",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="visits.customform",
                                verbose_name="form",
                            ),
                        ),
                        (
                            "visit_type",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="steps",
                                to="visits.visittype",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "step",
                        "verbose_name_plural": "steps",
                        "ordering": ["position", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("kind", "form"), _negated=True),
                                fields=("visit_type", "kind"),
                                name="visit_step_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("form__isnull", False), ("kind", "form")),
                                    models.Q(
                                        models.Q(("kind", "form"), _negated=True), ("form__isnull", True)
                                    ),
                                    _connector="OR",
                                ),
                                name="visit_step_form_named",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Visit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ("day", models.DateField(verbose_name="business day")),
                        (
                            "sequence",
                            models.PositiveSmallIntegerField(default=1, verbose_name="visit of the day"),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[("open", "In the store"), ("closed", "Checked out")],
                                default="open",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        ("check_in_at", models.DateTimeField(verbose_name="check-in")),
                        ("check_in_received_at", models.DateTimeField(verbose_name="check-in received")),
                        ("check_in_lat", models.FloatField(blank=True, null=True)),
                        ("check_in_lng", models.FloatField(blank=True, null=True)),
                        (
                            "check_in_accuracy_m",
                            models.FloatField(blank=True, null=True, verbose_name="accuracy (m)"),
                        ),
                        ("store_lat", models.FloatField(blank=True, null=True)),
                        ("store_lng", models.FloatField(blank=True, null=True)),
                        (
                            "distance_m",
                            models.FloatField(
                                blank=True, null=True, verbose_name="distance to the store (m)"
                            ),
                        ),
                        ("radius_m", models.PositiveIntegerField(default=0, verbose_name="fence radius (m)")),
                        (
                            "fence",
                            models.CharField(
                                choices=[
                                    ("inside", "At the store"),
                                    ("outside", "Outside the fence"),
                                    ("unverified", "Unverified"),
                                    ("no_location", "Store without location"),
                                ],
                                max_length=12,
                                verbose_name="location check",
                            ),
                        ),
                        (
                            "outside_reason",
                            models.CharField(blank=True, max_length=200, verbose_name="reason"),
                        ),
                        ("flags", models.JSONField(blank=True, default=list, verbose_name="flags")),
                        (
                            "check_out_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="check-out"),
                        ),
                        ("check_out_received_at", models.DateTimeField(blank=True, null=True)),
                        ("check_out_lat", models.FloatField(blank=True, null=True)),
                        ("check_out_lng", models.FloatField(blank=True, null=True)),
                        ("check_out_accuracy_m", models.FloatField(blank=True, null=True)),
                        ("check_out_distance_m", models.FloatField(blank=True, null=True)),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("visited", "Visited"),
                                    ("closed", "Shop was closed"),
                                    ("forgotten", "Not checked out"),
                                ],
                                default="visited",
                                max_length=10,
                                verbose_name="outcome",
                            ),
                        ),
                        (
                            "summary",
                            models.TextField(blank=True, max_length=2000, verbose_name="visit summary"),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="visits",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="visits",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "task",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="visits",
                                to="visits.visittask",
                                verbose_name="visit task",
                            ),
                        ),
                        (
                            "evidence",
                            models.JSONField(
                                blank=True, default=dict, editable=False, verbose_name="parts of the evidence"
                            ),
                        ),
                        (
                            "grade",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("A", "Proven"),
                                    ("B", "Plausible"),
                                    ("C", "Doubtful"),
                                    ("D", "Not proven"),
                                ],
                                max_length=1,
                                verbose_name="evidence",
                            ),
                        ),
                        (
                            "maturity",
                            models.ForeignKey(
                                blank=True,
                                limit_choices_to={"kind": "maturity"},
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="crm.dictionary",
                                verbose_name="maturity",
                            ),
                        ),
                        (
                            "visit_type",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="visits",
                                to="visits.visittype",
                                verbose_name="visit type",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "visit",
                        "verbose_name_plural": "visits",
                        "ordering": ["-check_in_at", "-pk"],
                        "permissions": [("export_visit", "Can export visits")],
                        "indexes": [
                            models.Index(fields=["day", "rep"], name="visit_day_rep"),
                            models.Index(fields=["customer", "-day"], name="visit_customer_day"),
                            models.Index(fields=["-check_in_at"], name="visit_check_in"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("rep", "customer", "day", "sequence"), name="visit_sequence_unique"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("status", "open")),
                                fields=("rep",),
                                name="visit_one_open_per_rep",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("check_out_at__isnull", True), ("status", "open")),
                                    ("status", "closed"),
                                    _connector="OR",
                                ),
                                name="visit_open_has_no_check_out",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("check_out_at__isnull", True),
                                    ("check_out_at__gte", models.F("check_in_at")),
                                    _connector="OR",
                                ),
                                name="visit_check_out_after_check_in",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("sequence__gte", 1)), name="visit_sequence_from_1"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="VisitOrder",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "order",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="visit_order",
                                to="sales.salesorder",
                            ),
                        ),
                        (
                            "visit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="visit_orders",
                                to="visits.visit",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "order at a visit",
                        "verbose_name_plural": "orders at visits",
                    },
                ),
                migrations.CreateModel(
                    name="FormAnswer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField(verbose_name="business day")),
                        ("occurred_at", models.DateTimeField(verbose_name="time")),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        ("client_uuid", models.UUIDField(editable=False, unique=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="received")),
                        ("answers", models.JSONField(default=list, verbose_name="answers")),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "form",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="answers",
                                to="visits.customform",
                                verbose_name="form",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "visit",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="%(class)ss",
                                to="visits.visit",
                                verbose_name="visit",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "filled-in form",
                        "verbose_name_plural": "filled-in forms",
                        "ordering": ["-occurred_at", "-pk"],
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="SellOut",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField(verbose_name="business day")),
                        ("occurred_at", models.DateTimeField(verbose_name="time")),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        ("client_uuid", models.UUIDField(editable=False, unique=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="received")),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "visit",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="%(class)ss",
                                to="visits.visit",
                                verbose_name="visit",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "sell-out report",
                        "verbose_name_plural": "sell-out reports",
                        "ordering": ["-occurred_at", "-pk"],
                        "abstract": False,
                        "indexes": [models.Index(fields=["customer", "-day"], name="sell_out_customer")],
                    },
                ),
                migrations.CreateModel(
                    name="ShelfCount",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField(verbose_name="business day")),
                        ("occurred_at", models.DateTimeField(verbose_name="time")),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        ("client_uuid", models.UUIDField(editable=False, unique=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="received")),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "visit",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="%(class)ss",
                                to="visits.visit",
                                verbose_name="visit",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "stock count",
                        "verbose_name_plural": "stock counts",
                        "ordering": ["-occurred_at", "-pk"],
                        "abstract": False,
                        "indexes": [models.Index(fields=["customer", "-day"], name="shelf_count_customer")],
                    },
                ),
                migrations.CreateModel(
                    name="VisitSlip",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "delivery",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="visit_slip",
                                to="sales.delivery",
                            ),
                        ),
                        (
                            "receipt",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="visit_slip",
                                to="sales.receipt",
                            ),
                        ),
                        (
                            "sales_return",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="visit_slip",
                                to="sales.salesreturn",
                            ),
                        ),
                        (
                            "visit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="slips",
                                to="visits.visit",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "slip at a visit",
                        "verbose_name_plural": "slips at visits",
                        "ordering": ["pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("delivery__isnull", False),
                                        ("receipt__isnull", True),
                                        ("sales_return__isnull", True),
                                    ),
                                    models.Q(
                                        ("delivery__isnull", True),
                                        ("receipt__isnull", True),
                                        ("sales_return__isnull", False),
                                    ),
                                    models.Q(
                                        ("delivery__isnull", True),
                                        ("receipt__isnull", False),
                                        ("sales_return__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="visit_slip_is_one_slip",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DisplayReport",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField(verbose_name="business day")),
                        ("occurred_at", models.DateTimeField(verbose_name="time")),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        ("client_uuid", models.UUIDField(editable=False, unique=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="received")),
                        (
                            "place",
                            models.CharField(blank=True, max_length=60, verbose_name="where in the shop"),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "visit",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="%(class)ss",
                                to="visits.visit",
                                verbose_name="visit",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "display report",
                        "verbose_name_plural": "display reports",
                        "ordering": ["-occurred_at", "-pk"],
                        "abstract": False,
                        "indexes": [models.Index(fields=["customer", "-day"], name="display_customer")],
                    },
                ),
                migrations.CreateModel(
                    name="VisitPhoto",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("image", models.ImageField(upload_to="visits/%Y/%m/%d/")),
                        ("sha256", models.CharField(db_index=True, max_length=64)),
                        ("taken_at", models.DateTimeField()),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "visit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="photos",
                                to="visits.visit",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("check_in", "Shop front"),
                                    ("display", "Display"),
                                    ("step", "In the store"),
                                    ("form", "Form"),
                                ],
                                default="step",
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        ("looks", models.BigIntegerField(editable=False, null=True)),
                        (
                            "reuse_of",
                            models.ForeignKey(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="reused_by",
                                to="visits.visitphoto",
                            ),
                        ),
                        ("uuid", models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                        (
                            "display",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="photos",
                                to="visits.displayreport",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "visit photo",
                        "verbose_name_plural": "visit photos",
                        "ordering": ["pk"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("looks__isnull", False)),
                                fields=["looks"],
                                name="visit_photo_looks",
                            ),
                            models.Index(fields=["-taken_at"], name="visit_photo_taken"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SellOutLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "quantity",
                            models.DecimalField(decimal_places=3, max_digits=12, verbose_name="quantity"),
                        ),
                        (
                            "price",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                max_digits=12,
                                null=True,
                                verbose_name="shelf price",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sell_out_lines",
                                to="sales.product",
                                verbose_name="product",
                            ),
                        ),
                        (
                            "report",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="visits.sellout",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "sell-out line",
                        "verbose_name_plural": "sell-out lines",
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("report", "product"), name="sell_out_line_unique"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gte", 0)), name="sell_out_line_not_negative"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ShelfCountLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "quantity",
                            models.DecimalField(decimal_places=3, max_digits=12, verbose_name="quantity"),
                        ),
                        ("best_before", models.DateField(blank=True, null=True, verbose_name="best before")),
                        (
                            "suggested",
                            models.DecimalField(
                                blank=True,
                                decimal_places=3,
                                max_digits=12,
                                null=True,
                                verbose_name="suggested order",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="shelf_lines",
                                to="sales.product",
                                verbose_name="product",
                            ),
                        ),
                        (
                            "report",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="visits.shelfcount",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "stock count line",
                        "verbose_name_plural": "stock count lines",
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("report", "product"), name="shelf_line_unique"),
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gte", 0)), name="shelf_line_not_negative"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DisplayLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("facings", models.PositiveSmallIntegerField(verbose_name="facings")),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="display_lines",
                                to="sales.product",
                                verbose_name="product",
                            ),
                        ),
                        (
                            "report",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="visits.displayreport",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "display line",
                        "verbose_name_plural": "display lines",
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("report", "product"), name="display_line_unique")
                        ],
                    },
                ),
            ]
        ),
        migrations.RunPython(
            import_module("visits.migrations.0003_visit_types").seed, migrations.RunPython.noop
        ),
    ]
