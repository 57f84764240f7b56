"""Every page of the administration over the demo company: it opens, speaks Chinese, and is closed to who does not run it."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.models import User
from config.demo import load_demo
from crm.models import CapturedLead, LeadChannel
from reports.models import ScheduledReport, ScheduledRun
from team.models import ScheduleReminder
from territory.models import MapTally, TrackingPause, TrackPoint

# What a field, a column, a section or a choice is called.
_NAMES = re.compile(
    r"<(?P<tag>label|h1|h2|h3|summary|option|legend|caption)\b[^>]*>(.*?)</(?P=tag)>"
    r"|<th\b[^>]* scope=\"col\"[^>]*>(.*?)</th>"
    r"|<div class=\"help\"[^>]*>(.*?)</div>",
    re.S,
)
_LATIN_WORD = re.compile(r"[a-z]{2,}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
PACKAGES = ("axes", "django_celery_beat")  # their texts are their own


@pytest.fixture(scope="module")
def administration(module_db):
    """(administrator, the first row's pages of each model)"""
    load_demo(customers=30, reps=1, days=7)
    return Client(raise_request_exception=False), dict(pages())


def pages() -> Iterator[tuple[type[Model], list[str]]]:
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.order_by("pk").first()
        found = [reverse(f"{name}_changelist") + "?q=12", reverse(f"{name}_add")]
        if row is not None:
            found += [reverse(f"{name}_{what}", args=[row.pk]) for what in ("change", "delete")]
        yield model, found


def english(text: str) -> set[str]:
    """Names on a page that have words and no Chinese."""
    names = {
        " ".join(strip_tags(found[2] or found[3] or found[4] or "").split())
        for found in _NAMES.finditer(text)
    }
    return {name for name in names if _LATIN_WORD.search(name) and not _CHINESE.search(name)}


@pytest.mark.once
def test_every_page_opens_and_speaks_chinese(administration, db):
    client, pages_of = administration
    client.force_login(User.objects.get(username="admin"), backend="accounts.backends.RoleBackend")
    wrong = []
    for model, addresses in pages_of.items():
        for address in addresses:
            answer = client.get(address)
            if answer.status_code not in (200, 302, 403):  # what only records has no page to add or delete
                wrong.append(f"{address}: {answer.status_code}")
            elif answer.status_code == 200 and model._meta.app_label not in PACKAGES:
                wrong += [f"{address}: {name!r}" for name in sorted(english(answer.content.decode()))]
    assert not wrong, "\n".join(wrong)
    assert len(pages_of) > 60


# What no row is called: marks of another language beside Chinese, something that is not there, a moment of another zone.
_FOREIGN = re.compile(r"[\u4e00-\u9fff] ?[:(]|[:)] ?[\u4e00-\u9fff]|\bNone\b|\+00:00")


def own_models() -> list[type[Model]]:
    own = (config for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR)
    return [model for config in own for model in config.get_models()]


@pytest.mark.once
def test_rows_are_called_with_chinese_marks_only(administration, db):
    wrong, seen = [], 0
    for model in own_models():
        for row in model._default_manager.order_by("pk")[:30]:
            name = str(row)
            seen += 1
            if _FOREIGN.search(name):
                wrong.append(f"{model._meta.label}: {name}")
    assert not wrong, "\n".join(wrong)
    assert seen > 500


def test_a_row_called_by_its_time_tells_the_time_of_here():
    at = dt.datetime(2026, 11, 26, 17, 30, tzinfo=dt.UTC)  # of the next day in Shanghai
    rows = [
        CapturedLead(channel=LeadChannel(name="官网"), received_at=at),
        ScheduledRun(schedule=ScheduledReport(name="周报"), due_at=at),
        ScheduleReminder(person=User(name="李"), begins_at=at),
        MapTally(checked_at=at, customers=3),
        TrackPoint(rep_id=1, time=at),
        TrackingPause(rep_id=1, starts_at=at),
    ]
    assert [str(row).replace("2026-11-27 01:30", "HERE") for row in rows] == [
        "官网 HERE", "周报 HERE", "李：HERE", "HERE:00：3", "1 HERE:00", "1 HERE:00",
    ]  # fmt: skip


@pytest.mark.once
def test_nobody_else_enters(administration, db):
    client, pages_of = administration
    for username in ("rep1", "manager1", "boss"):
        client.force_login(User.objects.get(username=username), backend="accounts.backends.RoleBackend")
        for addresses in pages_of.values():
            for address in addresses:
                answer = client.get(address)
                assert answer.status_code == 302, f"{username}: {address}"
                assert "/login/" in answer.url
