"""Every report of the register: its page, its rows, its workbook and its command, for whoever may and may not."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

import reports.queries.catalogue  # noqa: F401
from accounts.models import AccessLog, User
from common.periods import preset
from reports.enums import Chart, Comparison
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS
from reports.queries.drill import counted_rows
from reports.queries.measures import MEASURES, Measure
from reports.queries.parts import exact
from reports.queries.report import REPORTS

pytestmark = pytest.mark.django_db

CODES = sorted(REPORTS)
MOST_QUERIES = (
    17  # session, person, choices of filters, and the figures; one's own place on a leaderboard asks twice
)


@pytest.fixture
def see(client, company):
    seen = []

    def get(user, address, **data):
        if seen[-1:] != [user]:
            client.force_login(user)
            seen.append(user)
        return client.get(address, data)

    return get


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("who", ["admin", "manager1", "rep1"])
def test_page_opens_by_every_dimension(company, see, code, who):
    user, report = getattr(company, who), REPORTS[code]
    if not report.is_open_to(user):
        assert see(user, f"/reports/{code}/").status_code == 403
        return
    see(user, "/reports/")
    for by in report.dimensions if who == "admin" else report.dimensions[:1]:
        with CaptureQueriesContext(connection) as queries:
            answer = see(user, f"/reports/{code}/", by=by, period="year")
        assert answer.status_code == 200, by
        assert len(queries) <= MOST_QUERIES, (by, [query["sql"][:90] for query in queries])
        assert str(report.question) in answer.content.decode()
    for across in report.across:
        assert see(user, f"/reports/{code}/", across=across, chart="heat").status_code == 200


@pytest.mark.parametrize("code", CODES)
def test_rows_are_what_was_counted(company, code):
    """Drilled down to, the rows of a figure add up to it."""
    report, asked = REPORTS[code], Asked(company.manager1, company.period, company.today)
    for by in report.dimensions[:2]:
        drilled = [
            MEASURES[name]
            for name in report.measures
            if isinstance(MEASURES.get(name), Measure) and report.can_drill(name, by)
        ]
        if not drilled:
            continue
        table = report.table(asked, by, most=0)
        for measure in drilled:
            for row in table.rows[:3]:
                rows = counted_rows(asked, measure.code, measure.fact, by, row.key)
                value = exact(measure, rows.aggregate(value=measure.value)["value"])
                shown = row.values[table.column(measure.code)]
                exactly = (
                    shown if not isinstance(shown, float) else pytest.approx(shown)
                )  # floats add up in any order
                assert value == exactly, (by, measure.code, row.key)


@pytest.mark.parametrize("code", CODES)
def test_what_a_report_says_of_itself(code):
    report = REPORTS[code]
    assert report.dimensions
    assert str(report.label)
    assert str(report.question)[-1] in "?？"
    for measure in report.measures:
        assert len(str(MEASURES[measure].meaning)) > 5
    assert report.chart in Chart
    assert report.permissions()


def test_rows_page(company, see):
    answer = see(company.manager1, "/reports/performance/rows/", measure="sold", by="rep", period="year")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "/deliveries/" in page
    assert "fact=returns" in page
    of_rep = see(
        company.rep1, "/reports/performance/rows/", measure="order_count", by="rep", key=str(company.rep1.pk)
    )
    assert of_rep.status_code == 200


@pytest.mark.parametrize("report", ["new_products", "customer_map"])
def test_rows_of_a_report_that_shows_no_total(company, see, report):
    for measure in REPORTS[report].measures:
        answer = see(company.manager1, f"/reports/{report}/rows/", measure=measure)
        assert answer.status_code in (200, 404)


@pytest.mark.parametrize(
    "bad",
    [
        "/reports/nothing/",
        "/reports/performance/?rep=x",
        "/reports/performance/?channel=99999999999999999999",
        "/reports/performance/?level=Q",
        "/reports/performance/rows/?measure=order_count&by=rep&key=x",
        "/reports/performance/rows/?measure=order_count&by=month&key=2026-13-40",
    ],
)
def test_what_is_not_there_is_404(company, see, bad):
    assert see(company.admin, bad).status_code == 404


def test_unknown_choices_fall_back(company, see):
    answer = see(
        company.admin,
        "/reports/performance/",
        by="x",
        sort="-x",
        chart="x",
        compare="x",
        most="7",
        across="rep",
    )
    assert answer.status_code == 200
    broken = see(company.admin, "/reports/performance/", period="custom", since="2026-99-01")
    assert "2026-11-27" in broken.content.decode()  # how a date is written


def test_another_reps_figures_are_not_to_be_had(company, see):
    other = User.objects.filter(role__code="rep").exclude(pk=company.rep1.pk).first()
    answer = see(company.rep1, "/reports/performance/", rep=str(other.pk), period="year")
    assert answer.status_code == 200
    assert set(answer.context["table"].totals) <= {0, None}


def test_workbook_needs_its_permission_and_is_on_record(company, see):
    assert see(company.rep1, "/reports/performance/", export="xlsx").status_code == 403
    answer = see(company.admin, "/reports/performance/", export="xlsx", period="year", compare="before")
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = list(sheet.iter_rows(values_only=True))
    table = REPORTS["performance"].table(
        Asked(company.admin, preset("year", company.today), company.today), "rep"
    )
    assert len(rows) == len(table.rows) + 2
    assert rows[-1][1] == pytest.approx(float(table.totals[0]))
    assert AccessLog.objects.filter(actor=company.admin, action="export").exists()


def test_figures_are_compared(company, see):
    page = see(company.admin, "/reports/performance/", compare=Comparison.BEFORE.value).content.decode()
    assert "rp-more-than" in page or "rp-less-than" in page


def test_figures_divided_twice_add_up_and_lead_to_their_rows(company, see):
    page = see(
        company.admin, "/reports/performance/", by="rep", across="level", measure="order_count", period="year"
    )
    crossed, rows = page.context["crossed"], page.context["crossed_rows"]
    assert [row["cells"][-1]["text"] for row in rows] == [
        f"{sum(value or 0 for value in cells):,}" for cells in crossed.cells
    ]
    assert page.context["crossed_totals"][-1] == f"{sum(map(sum_of, crossed.cells)):,}"
    at = next((r, c) for r, row in enumerate(crossed.cells) for c, value in enumerate(row) if value)
    listed = see(company.admin, rows[at[0]]["cells"][at[1]]["url"])
    assert listed.context["page"].paginator.count == crossed.cells[at[0]][at[1]]
    # Customers that ordered are counted once in the total, so columns do not add up to it.
    apart = see(
        company.admin,
        "/reports/performance/",
        by="month",
        across="level",
        measure="order_customers",
        period="year",
    )
    assert apart.context["crossed_totals"] == []


def sum_of(cells):
    return sum(value or 0 for value in cells)


def command(*args):
    out = io.StringIO()
    call_command("report", *args, stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


@pytest.mark.parametrize("code", CODES)
def test_command(company, code):
    answer = command(code, "--json")
    assert {"columns", "rows", "totals"} <= set(answer)
    assert all(len(row) == len(answer["columns"]) for row in answer["rows"])


def test_command_of_a_period_and_group(company):
    first, last = company.today.replace(day=1), company.today
    days = ("--from", str(first), "--to", str(last))
    answer = command("performance", "--json", *days, "--by", "level")
    assert (answer["from"], answer["to"]) == (str(first), str(last))
    assert answer["totals"]["order_amount"] == pytest.approx(sum(row[2] for row in answer["rows"]))
    mine = command("performance", "--json", "--user", "rep1", "--by", "rep", *days)
    assert [row[0] for row in mine["rows"]] == [str(company.rep1.pk)]


@pytest.mark.parametrize(
    "args",
    [
        ("nothing",),
        ("performance", "--by", "x"),
        ("performance", "--from", "2026-02-01", "--to", "2026-01-01"),
    ],
)
def test_command_refuses(company, args):
    with pytest.raises(CommandError) as error:
        call_command("report", *args)
    assert error.value.returncode == 2


def test_dimensions_name_what_they_hold():
    assert DIMENSIONS["month"].names(["2026-11-01"]) == {"2026-11-01": "2026-11"}
    assert DIMENSIONS["quarter"].names(["2026-10-01"]) == {"2026-10-01": "2026 Q4"}


@pytest.mark.parametrize(
    ("who", "code", "by"),
    [
        ("rep1", "performance", "day"),
        ("manager1", "performance", "rep"),
        ("rep1", "targets", "rep"),
        ("rep1", "leaderboard_orders", "rep"),
    ],
)
def test_who_sees_himself_alone_gets_days_where_there_are_any(company, see, who, code, by):
    assert see(getattr(company, who), f"/reports/{code}/").context["table"].by == by
