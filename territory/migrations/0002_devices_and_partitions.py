"""Tracker apps, pauses and day summaries; and positions keyed by rep and moment, by month on PostgreSQL.

A table cannot become partitioned, nor a key composite, where it stands: the old table is set aside, a new one made and
filled from it.
"""

import datetime as dt

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

OLD = "territory_trackpoint_before"
COLUMNS = "rep_id, time, latitude, longitude, accuracy_m, speed_ms, bearing, battery, source, received_at"
MOST_MONTHS = 15  # older ones go to the rest


class SetAside(migrations.DeleteModel):
    """Forget the model, keep its rows under another name."""

    reversible = False

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = from_state.apps.get_model(app_label, self.name)
        schema_editor.alter_db_table(model, model._meta.db_table, OLD)
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"ALTER INDEX territory_trackpoint_pkey RENAME TO {OLD}_pkey")


class CreateFromOld(migrations.CreateModel):
    """The new table, partitioned where the database can, with the old one's rows."""

    reversible = False

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        table = f"{app_label}_trackpoint"
        if schema_editor.connection.vendor == "postgresql":
            model = to_state.apps.get_model(app_label, self.name)
            sql, params = schema_editor.table_sql(model)
            schema_editor.execute(f'{sql} PARTITION BY RANGE ("time")', params or None)
            for name, bounds in _partitions(schema_editor, table):
                schema_editor.execute(f"CREATE TABLE {name} PARTITION OF {table} {bounds}")
        else:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        schema_editor.execute(f"INSERT INTO {table} ({COLUMNS}) SELECT {COLUMNS} FROM {OLD}")
        # Days that are known get their summaries from the job.
        schema_editor.execute(f"DROP TABLE {OLD}")


def _partitions(schema_editor, table):
    """The rest, and the months from the first of the rows (but MOST_MONTHS at most) to three from now."""
    today = dt.datetime.now(tz=dt.UTC).date()
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"SELECT min(time) FROM {OLD}")  # noqa: S608 - a constant
        first = cursor.fetchone()[0]
    last = today.year * 12 + today.month - 1 + 3
    begin = (
        min(last - 3, first.astimezone(dt.UTC).year * 12 + first.astimezone(dt.UTC).month - 1)
        if first
        else last - 3
    )
    yield f"{table}_rest", "DEFAULT"
    for month in range(max(begin, last - MOST_MONTHS), last + 1):
        start, end = (f"{n // 12}-{n % 12 + 1:02}-01 00:00+00" for n in (month, month + 1))
        yield f"{table}_{month // 12}_{month % 12 + 1:02}", f"FOR VALUES FROM ('{start}') TO ('{end}')"


def summarise_later(apps, schema_editor):
    """Every day that has points gets a stale summary; the job sums them up."""
    point, day = apps.get_model("territory", "TrackPoint"), apps.get_model("territory", "TrackDay")
    pairs = (
        point.objects.annotate(day=models.functions.TruncDate("time"))
        .order_by()
        .values_list("rep_id", "day")
        .distinct()
    )
    day.objects.bulk_create(
        (day(rep_id=rep_id, day=date) for rep_id, date in pairs.iterator()),
        batch_size=500,
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("territory", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        SetAside(name="TrackPoint"),
        CreateFromOld(
            name="TrackPoint",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "rep", "time", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("time", models.DateTimeField(verbose_name="time")),
                ("latitude", models.FloatField(verbose_name="latitude")),
                ("longitude", models.FloatField(verbose_name="longitude")),
                ("accuracy_m", models.FloatField(blank=True, null=True, verbose_name="accuracy (m)")),
                ("speed_ms", models.FloatField(blank=True, null=True, verbose_name="speed (m/s)")),
                ("bearing", models.FloatField(blank=True, null=True, verbose_name="bearing")),
                ("battery", models.FloatField(blank=True, null=True, verbose_name="battery (0–1)")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("browser", "Browser"),
                            ("check_in", "Check-in"),
                            ("import", "Import"),
                            ("device", "Tracker app"),
                        ],
                        default="browser",
                        max_length=10,
                        verbose_name="source",
                    ),
                ),
                ("received_at", models.DateTimeField(auto_now_add=True)),
                (
                    "rep",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="track_points",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="rep",
                    ),
                ),
            ],
            options={"verbose_name": "track point", "verbose_name_plural": "track points"},
        ),
        migrations.CreateModel(
            name="TrackDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("points", models.PositiveIntegerField(default=0, verbose_name="points")),
                ("kept", models.PositiveIntegerField(default=0, verbose_name="points that count")),
                ("mileage_m", models.FloatField(default=0, verbose_name="mileage (m)")),
                ("stops", models.PositiveIntegerField(default=0, verbose_name="stays")),
                ("gaps", models.PositiveIntegerField(default=0, verbose_name="gaps")),
                ("detour_ratio", models.FloatField(blank=True, null=True, verbose_name="detour ratio")),
                ("first_at", models.DateTimeField(blank=True, null=True, verbose_name="first point")),
                ("last_at", models.DateTimeField(blank=True, null=True, verbose_name="last point")),
                ("version", models.PositiveIntegerField(default=1)),
                ("summed_version", models.PositiveIntegerField(default=0)),
                (
                    "rep",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="track_days",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="rep",
                    ),
                ),
            ],
            options={
                "verbose_name": "day of a track",
                "verbose_name_plural": "days of tracks",
                "indexes": [
                    models.Index(
                        condition=models.Q(("version__gt", models.F("summed_version"))),
                        fields=["day"],
                        name="track_day_stale",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("rep", "day"), name="track_day_rep_day_unique")
                ],
            },
        ),
        migrations.RunPython(summarise_later, migrations.RunPython.noop),
        migrations.CreateModel(
            name="TrackingDevice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, verbose_name="name of the device")),
                (
                    "app",
                    models.CharField(
                        choices=[("traccar", "Traccar Client"), ("owntracks", "OwnTracks")],
                        max_length=10,
                        verbose_name="tracker app",
                    ),
                ),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("token_hint", models.CharField(editable=False, max_length=4)),
                (
                    "sends_waypoints",
                    models.BooleanField(
                        default=False,
                        help_text="OwnTracks only, and only when the app allows remote commands.",
                        verbose_name="show today's customers in the app",
                    ),
                ),
                ("waypoints_sent_on", models.DateField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="set up at")),
                (
                    "seen_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last heard of"),
                ),
                (
                    "battery",
                    models.FloatField(blank=True, editable=False, null=True, verbose_name="battery (0–1)"),
                ),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="switched off at")),
                (
                    "rep",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tracking_devices",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="rep",
                    ),
                ),
            ],
            options={
                "verbose_name": "tracking device",
                "verbose_name_plural": "tracking devices",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="TrackingPause",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                (
                    "ends_at",
                    models.DateTimeField(
                        blank=True, help_text="Empty: until resumed.", null=True, verbose_name="until"
                    ),
                ),
                (
                    "rep",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tracking_pauses",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="rep",
                    ),
                ),
            ],
            options={
                "verbose_name": "pause of recording",
                "verbose_name_plural": "pauses of recording",
                "ordering": ["-starts_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_at__isnull", True),
                            ("ends_at__gte", models.F("starts_at")),
                            _connector="OR",
                        ),
                        name="tracking_pause_ends_after_start",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ends_at__isnull", True)),
                        fields=("rep",),
                        name="tracking_pause_one_open",
                    ),
                ],
            },
        ),
    ]
