"""The list kit, template filters, vendor files and command base."""

import datetime as dt
import io
import json
from argparse import ArgumentTypeError
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import timezone

from common.finders import VENDOR_FILES
from common.management.base import JobCommand, business_day
from common.middleware import HtmxMessagesMiddleware
from common.tables import AgoColumn, ChoiceColumn, Column, LinkColumn, MoneyColumn, draw_rows
from common.templatetags import paodian as fmt

NASTY = '<script>alert(1)</script>"'


def row(**values):
    return SimpleNamespace(pk=values.pop("pk", 1), **values)


# --- tables
@pytest.mark.parametrize(
    "column",
    [
        Column("name", "名称"),
        LinkColumn("name", "名称", url=lambda r: f"/x/?q={r.name}"),
        ChoiceColumn("name", "名称"),
    ],
)
def test_cells_escape_what_people_typed(column):
    drawn = draw_rows([column], [row(name=NASTY)], selectable=True)
    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn


def test_labels_are_escaped_in_the_card_view():
    assert "<b>" not in draw_rows([Column("name", "<b>")], [row(name="x")], selectable=False)


def test_an_empty_cell_is_a_dash_and_a_missing_relation_no_error():
    assert Column("owner", "", path="owner.name").cell(row(owner=None)) == "–"
    assert Column("name", "").cell(row(name="")) == "–"
    assert Column("n", "").cell(row(n=0)) == "0"


def test_a_card_leaves_empty_lines_out_and_clips_long_ones():
    columns = [Column("name", "Name", phone="title"), Column("note", "Note")]
    long = "长江路" * 20
    html = draw_rows(columns, [row(name="甲", note=""), row(name="乙", note=long)], selectable=False)
    assert html.count("pd-blank") == 1
    assert f'<span class="pd-clip" title="{long}">{long}</span>' in html
    assert columns[1].value(row(name="乙", note=long)) == long  # Excel has the bare text
    link = LinkColumn("name", "Name", url=lambda _row: "/x/")
    assert f'title="{long}"' in link.cell(row(name=long))
    assert "title=" not in link.cell(row(name="甲"))


def test_money_cell_keeps_the_number_for_the_export():
    column = MoneyColumn("total", "")
    assert column.cell(row(total=Decimal("1234.5"))) == "¥1,234.50"
    assert column.value(row(total=Decimal("1234.5"))) == Decimal("1234.5")


def test_ago_cell_shows_the_day_on_hover():
    assert 'title="' in AgoColumn("d", "").cell(row(d=timezone.localdate()))
    assert "从未" in AgoColumn("d", "").cell(row(d=None))


# --- filters
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("-3"), "-¥3.00"),
        (None, "–"),
        (0, "¥0.00"),
        (Decimal("0.005"), "¥0.01"),
        (Decimal("1e6"), "¥1,000,000.00"),
    ],
)
def test_money(value, text):
    assert fmt.money(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("3.000"), "3"),
        (Decimal("1.500"), "1.5"),
        (Decimal("100"), "100"),
        (Decimal("0.000"), "0"),
        (None, "–"),
    ],
)
def test_quantity(value, text):
    assert fmt.quantity(value) == text


def test_day_and_moment_are_local(written_in_2026):
    late = dt.datetime(2026, 11, 21, 16, 30, tzinfo=dt.UTC)  # 00:30 on the 22nd in Shanghai
    assert fmt.day(late) == "11-22 周日"
    assert fmt.moment(late) == "11-22 周日 00:30"
    first, last = dt.date(2026, 11, 22), dt.date(2026, 12, 29)
    assert fmt.day_range(first, last) == "11-22 周日 – 12-29 周二"
    assert (fmt.day_range(first, None), fmt.day_range(None, last)) == ("11-22 周日起", "至12-29 周二")
    assert fmt.day_range(None, None) == ""
    assert fmt.day(dt.date(2025, 1, 3)) == "2025-01-03 周五"
    assert fmt.machine_time(late.replace(microsecond=880004)) == "2026-11-22T00:30:00+08:00"
    assert fmt.machine_time(None) == ""


def test_days_ago(monkeypatch):
    monkeypatch.setattr(fmt.timezone, "localdate", lambda *a: dt.date(2026, 11, 22))
    assert fmt.days_ago(dt.date(2026, 11, 22)) == "今天"
    assert fmt.days_ago(dt.date(2026, 11, 19)) == "3 天前"
    assert fmt.days_ago(dt.date(2026, 11, 24)) == "2 天后"
    assert fmt.days_ago(None) == "从未"


def test_distance_duration_percent():
    assert (fmt.distance(43.4), fmt.distance(1234), fmt.distance(None)) == ("43 m", "1.2 km", "–")
    assert fmt.duration(dt.timedelta(minutes=6, seconds=12)) == "06:12"
    assert fmt.duration(dt.timedelta(hours=1, minutes=6, seconds=12)) == "1:06:12"
    assert (fmt.percent(0.456), fmt.percent(None)) == ("46%", "–")


def test_an_unknown_icon_fails_where_it_is_written():
    with pytest.raises(TemplateSyntaxError):
        fmt.icon("no-such-icon")
    with pytest.raises(TemplateSyntaxError):
        fmt.icon("../../../etc/passwd")
    assert "<path" in fmt.icon("home")


def test_query_changes_one_key_and_keeps_the_rest():
    request = RequestFactory().get("/x/", {"q": "a&b", "page": "3"})
    html = Template("{% query page=None sort='name' %}").render(Context({"request": request}))
    assert html == "?q=a%26b&amp;sort=name"


# --- vendor files
def test_vendor_files_are_found_and_nothing_else_of_node_modules():
    assert all(finders.find(name) for name in VENDOR_FILES)
    assert finders.find("vendor/@tabler/core/package.json") is None


# --- toasts
def test_messages_of_a_fragment_travel_in_the_header(rf, settings):
    def view(request):
        messages.success(request, "好了")
        return HttpResponse()

    request = rf.get("/")
    request.htmx = True
    request._messages = CookieStorage(request)
    response = HtmxMessagesMiddleware(view)(request)
    assert json.loads(response["HX-Trigger"]) == {"toast": [{"level": "success", "text": "好了"}]}


# --- commands
class Sample(JobCommand):
    result = {"rows": 2, "at": dt.date(2026, 11, 22)}
    reason = ""
    error: Exception | None = None

    def run(self, **options):
        if self.error:
            raise self.error
        if self.reason:
            self.fail_with(self.reason)
        return self.result


def call(command, *args):
    out = io.StringIO()
    call_command(command, *args, stdout=out)
    return out.getvalue()


def test_json_is_one_object_on_the_last_line():
    last = call(Sample(), "--json").splitlines()[-1]
    assert json.loads(last) == {"rows": 2, "at": "2026-11-22"}


def test_a_partly_failed_job_prints_its_result_and_exits_1():
    command = Sample()
    command.reason = "1 row failed"
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 row failed") as caught:
        call_command(command, "--json", stdout=out)
    assert caught.value.returncode == 1
    assert json.loads(out.getvalue().splitlines()[-1])["rows"] == 2


def test_a_refused_job_exits_1_with_the_reason():
    command = Sample()
    command.error = ValidationError("文件是空的。")
    with pytest.raises(CommandError, match="文件是空的") as caught:
        call(command)
    assert caught.value.returncode == 1


@pytest.mark.parametrize("text", ["2026-02-30", "29.11.2026", "", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_a_wrong_argument(text):
    with pytest.raises(ArgumentTypeError, match=r"wanted is YYYY-MM-DD|does not lie between"):
        business_day(text)


def test_a_day_is_read():
    assert business_day("2026-11-22") == dt.date(2026, 11, 22)


def test_no_command_reads_a_day_in_a_way_of_its_own(settings):
    """A day nobody meant (0001-01-01) must be refused as an argument by all of them."""
    for path in settings.BASE_DIR.glob("*/management/commands/*.py"):
        assert "fromisoformat" not in path.read_text("utf-8"), path
