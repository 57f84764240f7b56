"""Every list of the product with the demo company's rows: it takes at most 12 queries, as does what a customer's page loads,
and answers each of its sorts, filters and its workbook."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from accounts.models import User
from common.views import ListPage
from config.demo import load_demo
from crm.models import Customer

MOST = 12
# Lists that are no ListPage, and the fragments of a customer's page and of the drawer beside the list.
OTHERS = [
    "/search/", "/search/?q=便利", "/search/?q=2026", "/documents/folders/", "/documents/picker/",
    "/pool/forecast/", "/pool/rules/", "/pool/runs/", "/follow-ups/due/", "/leads/funnel/", "/leads/channels/",
    "/customers/duplicates/", "/customers/merges/", "/alerts/mine/", "/alerts/reps/", "/customer-value/", "/alerts/backtest/", "/alerts/facets/", "/alerts/points/", "/alerts/trend/", "/alerts/?group=rep", "/alerts/?group=route", "/messages/", "/todo/", "/notices/settings/", "/threads/new/", "/today/",
    "/work-reports/new/?kind=month", "/work-reports/new/?kind=day", "/work-reports/templates/",
    "/schedule/", "/schedule/?span=day", "/schedule/?span=month", "/schedule/new/", "/schedule/feed/", "/supervision/", "/instructions/banner/", "/customer-tasks/statistics/", "/tracks/", "/tracks/live/", "/map/", "/map/unlocated/", "/me/",
    *(
        f"/customers/{{customer}}/{part}"
        for part in (
            *("", "head/", "timeline/", "drawer/", "last-events/", "history/", "contacts/", "follow-ups/", "visits/"),
            *("sales/", "offers/", "tasks/", "alerts/", "rhythm/", "competitors/"),
        )
    ),
]  # fmt: skip


def patterns(found: list, prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    for pattern in found:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns, address)
        else:
            yield address, pattern


def list_pages() -> list[str]:
    return [
        address
        for address, pattern in patterns(get_resolver().url_patterns)
        if issubclass(getattr(pattern.callback, "view_class", object), ListPage) and "<" not in address
    ]


@pytest.fixture(scope="module")
def loaded(module_db):
    load_demo(customers=60, reps=3, days=14)
    rep = User.objects.get(username="rep1")
    return Customer.objects.filter(owner=rep, visits__isnull=False, orders__isnull=False).first()


@pytest.fixture
def customer(loaded, db):
    return loaded


@pytest.mark.once
def test_every_list_takes_at_most_12_queries(customer, login):
    assert len(list_pages()) >= 20
    dear, opened = [], 0
    for username in ("manager1", "rep1"):
        client = login(User.objects.get(username=username))
        for pattern in (*list_pages(), *OTHERS):
            address = pattern.format(customer=customer.pk)
            if client.get(address).status_code in (302, 403):  # reps do not see all sections
                continue
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200, address
            opened += 1
            if len(queries) > MOST:
                dear.append(f"{username} {address}: {len(queries)}")
    assert not dear, "\n".join(dear)
    assert opened > 50


@pytest.mark.once
def test_a_list_costs_the_same_with_one_row_and_with_three(customer, login, monkeypatch):
    client = login(User.objects.get(username="boss"))
    grows = []
    for address in list_pages():
        costs = []
        for rows in (1, 3):
            monkeypatch.setattr(resolve(address).func.view_class, "page_size", rows)
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            costs.append(len(queries))
        if costs[0] != costs[1]:
            grows.append(f"{address}: {costs[0]} with one row, {costs[1]} with three")
    assert not grows, "\n".join(grows)


ROWS_ONLY = {"HX-Request": "true", "HX-Target": "results"}
# What may be typed into a filter, by its name, else by its sort.
TYPED = {"within": "31.7,117.1;31.7,117.4;31.9,117.4", "kind": "week", "on": "2026-11-16"}
SAMPLES = {"CharField": "1", "DateField": "2026-11-02", "DecimalField": "3", "BooleanField": "true"}


def values_of(name, field):
    """The first and the last value that a filter offers, or one that may be typed into it; "" if it offers none."""
    values = [str(value) for value, _label in getattr(field, "choices", ()) if value not in ("", None)]
    sorts = [SAMPLES[kind.__name__] for kind in type(field).__mro__ if kind.__name__ in SAMPLES]
    typed = [TYPED[name]] if name in TYPED else sorts
    some = values or typed or [""]
    return some[0], some[-1]


def addresses_of(address, page):
    """A list by each column that sorts, with all its filters set at once, twice, and its workbook."""
    columns = [column for column, _shown in page.context_data["chooser"]]
    all_of_them = ",".join(column.key for column in columns)
    for column in columns:
        if column.order:
            yield f"{address}?sort={column.key}&cols={all_of_them}"
    fields = page.context_data["filterset"].form.fields
    for first_or_last in (0, 1):
        yield f"{address}?{urlencode({name: values_of(name, field)[first_or_last] for name, field in fields.items()})}"
    if resolve(address).func.view_class.export_permission:
        yield f"{address}?export=xlsx"


@pytest.mark.once
def test_every_sort_filter_and_workbook_answers(customer, login, monkeypatch):
    monkeypatch.setattr(ListPage, "page_size", 3)
    client = login(User.objects.get(username="admin"))
    client.raise_request_exception = False
    wrong, asked = [], 0
    for address in list_pages():
        for one in addresses_of(address, client.get(address)):
            answer = client.get(one, headers=ROWS_ONLY)
            asked += 1
            told = getattr(answer, "context_data", None) or {}
            if answer.status_code != 200:
                wrong.append(f"{one}: {answer.status_code}")
            elif "filterset" in told and (problems := told["filterset"].problems()):
                wrong.append(f"{one}: {problems}")
            elif one.endswith("export=xlsx") and not b"".join(answer.streaming_content).startswith(b"PK"):
                wrong.append(f"{one}: no workbook")
    assert not wrong, "\n".join(wrong)
    assert asked > 300
