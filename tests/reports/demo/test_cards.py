"""Cards of the figures board: all usual ones are drawn, in few queries, and whose figures stand in them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import RoleCode
from accounts.models import Role, User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("who", ["admin", "manager1", "rep1"])
def test_every_usual_card_is_drawn(company, client, who):
    client.force_login(getattr(company, who))
    page = client.get("/dashboard/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/dashboard/")
    assert len(queries) <= 8
    for entry in page.context["cards"]:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(entry["url"])
        assert answer.status_code == 200, entry["url"]
        assert len(queries) <= 13, (entry["url"], len(queries))  # his own place asks twice


def test_a_card_without_a_figure_draws_no_axes(company, client):
    client.force_login(company.admin)
    asked = {
        "by": "day",
        "measure": "ordered",
        "period": "custom",
        "since": "2001-01-01",
        "until": "2001-01-31",
    }
    answer = client.get("/dashboard/cards/performance/", asked)
    assert answer.context["table"].rows  # a line has its days, also those without an order
    assert "data-chart" not in answer.content.decode()
    assert "rp-card-empty" in answer.content.decode()


def test_a_card_counts_within_the_scope(company, client):
    client.force_login(company.rep1)
    answer = client.get(
        "/dashboard/cards/performance/", {"by": "rep", "measure": "order_count", "period": "year"}
    )
    assert [row.key for row in answer.context["table"].rows] == [str(company.rep1.pk)]
    service = User.objects.create(
        username="service", name="服务", role=Role.objects.get(code=RoleCode.SERVICE)
    )
    client.force_login(service)
    assert client.get("/dashboard/cards/aging/").status_code == 403
    assert client.get("/dashboard/cards/nothing/").status_code == 404
    assert client.get("/dashboard/").status_code == 200


@pytest.mark.parametrize("who", ["admin", "manager1", "rep1"])
def test_a_card_draws_what_its_report_draws(company, client, who):
    """The card reads what it draws alone; its figures are those of the whole report."""
    client.force_login(getattr(company, who))
    for entry in client.get("/dashboard/").context["cards"]:
        card = client.get(entry["url"]).context
        page = client.get(entry["report_url"]).context
        whole, alone = page["table"], card["table"]
        assert card["chart"] == page["chart"], entry["url"]
        assert [row.key for row in alone.rows] == [row.key for row in whole.rows]
        if whole.totals:
            assert (
                alone.totals[alone.column(card["head"].code)] == whole.totals[whole.column(card["head"].code)]
            )
