"""Fields the company added itself as columns and filters of the lists of customers and leads (A5)."""

import datetime as dt
import io
import re
import string

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounts.models import SavedView
from common import business_calendar
from crm.models import Customer, CustomField, Lead
from crm.queries.custom_fields import CustomValue
from crm.rules.custom_fields import meant
from territory.queries import map_data
from territory.services.map_cells import refresh_map_cells
from tests.factories import CustomerFactory, LeadFactory

pytestmark = pytest.mark.django_db

PAGES = {"customer": "/customers/", "lead": "/leads/"}
MAKE = {"customer": CustomerFactory, "lead": LeadFactory}
QUERIES = {"customer": 8, "lead": 8}
BOTH = pytest.mark.parametrize("target", PAGES)
# Odd labels: digits, quotation marks, a path, a pattern, a parameter.
LABELS = ["开业日期", "2026", '说"明', "a\\b", "$.a[0]", "%s%%", "{kept}", "'; --", "Größe"]


def add(label, kind="text", target="customer", **fields):
    return CustomField.objects.create(target=target, label=label, kind=kind, **fields)


def rows_of(target, owner, label, **values):
    """A row for each value, named by its key; None is a row without the field."""
    for name, value in values.items():
        extra = {} if value is None else {label: value}
        MAKE[target](owner=owner, name=name, extra={"别的": "1", **extra})


def names(client, target, query=""):
    """Names of the rows, in order."""
    page = client.get(f"{PAGES[target]}?{query}").content.decode()
    return re.findall(rf'<a href="{PAGES[target]}\d+/" class="fw-medium">([^<]*)</a>', page)


def cells(client, target, field):
    page = client.get(f"{PAGES[target]}?cols=field_{field.pk}&sort=name").content.decode()
    return [
        re.sub(r"<[^>]*>", "", cell)
        for cell in re.findall(rf'data-col="field_{field.pk}"[^>]*>(.*?)</td>', page)
    ]


def workbook(client, target, query=""):
    answer = client.get(f"{PAGES[target]}?export=xlsx&{query}")
    return list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)


# --- what a value means, in Python and in statements
@pytest.mark.parametrize(
    ("kind", "kept", "means"),
    [
        ("text", " 靠窗 ", "靠窗"),
        ("text", 12, "12"),
        ("text", "  ", None),
        ("number", 1200, 1200),
        ("number", -0.5, -0.5),
        ("number", "1,200.50", 1200.5),
        ("number", "1，200", 1200),
        ("number", "+3e2", 300),
        ("number", "十来个", "十来个"),
        ("number", True, "True"),
        ("number", "9" * 26, "9" * 26),
        ("date", "2026-11-24", dt.date(2026, 11, 24)),
        ("date", "2026/1/5", dt.date(2026, 1, 5)),
        ("date", "2026.12.5", dt.date(2026, 12, 5)),
        ("date", "2026-02-30", "2026-02-30"),
        ("date", "去年", "去年"),
        ("choice", "大", "大"),
        ("yes_no", "是", True),
        ("yes_no", "NO", False),
        ("yes_no", True, True),
        ("yes_no", "看情况", "看情况"),
        *((kind, None, None) for kind in ("text", "number", "date", "choice", "yes_no")),
    ],
)
def test_what_a_kept_value_means(kind, kept, means):
    found = meant(kind, kept)
    assert (found, type(found)) == (means, type(means))


def in_statement(kind, kept, label="字段", **options):
    """The value as the database reads it from `extra`."""
    customer = Customer.objects.first() or CustomerFactory()
    Customer.objects.filter(pk=customer.pk).update(extra={"别的": "7", label: kept})
    value = CustomValue(label, kind, **options)
    return Customer.objects.annotate(found=value).values_list("found", flat=True).get(pk=customer.pk)


def as_statement_says(kind, kept):
    """What `meant` says, as a statement writes it; None for what does not fit."""
    means = meant(kind, kept)
    if kind == "number":
        return None if isinstance(means, str) or means is None else float(means)
    if kind == "date":
        return means.isoformat() if isinstance(means, dt.date) else None
    if kind == "yes_no":
        return int(means) if isinstance(means, bool) else None
    return means


TYPED = st.one_of(
    st.text(st.characters(exclude_categories=["C"]), max_size=12),
    st.text(string.digits + ".,-+eE ，", max_size=8),
    st.integers(-(10**15), 10**15),
    st.floats(-1e15, 1e15, allow_nan=False).map(lambda value: round(value, 6)),
    st.dates().map(lambda day: f"{day.year:04}/{day.month}/{day.day:02}"),
    st.sampled_from(["yes", " 否", "有", "是的", "TRUE", "没有", "1", "0"]),
)


@pytest.mark.parametrize("kind", ["text", "number", "date", "yes_no"])
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(kept=TYPED)
@example(kept="12\n")
@example(kept="9" * 400)
@example(kept="1e99")
@example(kept="--5")
@example(kept="5-6")
@example(kept=1e-7)
def test_the_database_reads_a_value_as_python_does(kind, kept):
    expected = as_statement_says(kind, kept)
    found = in_statement(kind, kept)
    if kind == "date" and expected is None:
        return assert_no_day(kept, found)
    if kind == "text" and isinstance(kept, float):
        return assert_same_number(kept, found)
    assert found == (pytest.approx(expected) if kind == "number" and expected else expected)
    return None


def assert_no_day(kept, found):
    """The databases know the shape of a day, not how long February is."""
    assert found is None or int(found[8:]) > 28, kept


def assert_same_number(kept, found):
    """Each database has its own way to write a fraction."""
    assert float(found) == pytest.approx(kept)


@pytest.mark.parametrize("label", LABELS)
def test_any_label_is_found(label):
    assert in_statement("text", "值", label) == "值"
    assert in_statement("number", "4.5", label) == 4.5
    assert in_statement("choice", "小", label, options=["大%", "小"], place=True) == 1


@pytest.mark.parametrize("extra", [{}, {"字段": None}, {"字段": ""}, {"字段": " "}])
def test_nothing_is_no_value(extra):
    row = CustomerFactory(extra=extra)
    for kind in ("text", "number", "date", "choice", "yes_no"):
        for place in (False, True):
            value = CustomValue("字段", kind, ["大"], place=place)
            assert (
                Customer.objects.annotate(found=value).values_list("found", flat=True).get(pk=row.pk) is None
            )


# --- columns
@BOTH
@pytest.mark.parametrize(
    ("kind", "kept", "cell", "exported"),
    [
        ("text", "<b>靠窗", "&lt;b&gt;靠窗", "<b>靠窗"),
        ("text", "=1+1", "=1+1", "=1+1"),
        ("number", 1200, "1200", 1200),
        ("number", 0, "0", 0),
        ("number", 0.0000001, "0.0000001", 0.0000001),
        ("number", "1,200.5", "1200.5", 1200.5),
        ("number", "十来个", "十来个", "十来个"),
        ("date", "2019-03-01", "2019-03-01 周五", dt.datetime(2019, 3, 1)),
        ("date", "去年", "去年", "去年"),
        ("choice", "大", "大", "大"),
        ("choice", "特大", "特大", "特大"),
        ("yes_no", "yes", "是", "是"),
        ("yes_no", "没有", "否", "否"),
        ("yes_no", None, "–", None),
    ],
)
def test_a_column_shows_and_exports_the_value(people, login, target, kind, kept, cell, exported):
    field = add("自定", kind, target, choices="大\n小")
    rows_of(target, people.owner, "自定", 甲=kept)
    client = login(people.superior)
    assert cells(client, target, field) == [cell]
    # The list as it is usual has no such column, and offers it.
    page = client.get(PAGES[target]).content.decode()
    assert f'data-col="field_{field.pk}"' not in page
    assert f'value="field_{field.pk}"' in page
    assert workbook(client, target, f"cols=name,field_{field.pk}")[1] == ("甲", exported)
    whole = workbook(client, target)
    assert (whole[0][-1], whole[1][-1]) == ("自定", exported)


def test_yes_and_no_are_said_in_the_readers_language(people, login):
    field = add("冷柜", "yes_no")
    rows_of("customer", people.owner, "冷柜", 甲="是")
    people.owner.language = "en"
    people.owner.save(update_fields=["language"])
    assert cells(login(people.owner), "customer", field) == ["Yes"]


SORTED = [
    ("number", {"丙": 9, "甲": 100, "乙": "1,000"}, ["丙", "甲", "乙"]),
    ("date", {"乙": "2026-2-1", "甲": "2025-12-01", "丙": "2026-11-01"}, ["甲", "乙", "丙"]),
    (
        "choice",
        {"甲": "小", "乙": "特大", "丙": "大"},
        ["丙", "甲", "乙"],
    ),  # as the options are, then the unknown
    ("text", {"乙": "b", "甲": "a", "丙": "c"}, ["甲", "乙", "丙"]),
    ("yes_no", {"乙": "否", "甲": "有"}, ["乙", "甲"]),
]


@BOTH
@pytest.mark.parametrize(("kind", "values", "order"), SORTED)
def test_sorting_by_a_field_has_the_empty_last(people, login, target, kind, values, order):
    field = add("自定", kind, target, choices="大\n小")
    unfit = {} if kind in ("choice", "text") else {"不": "说不清"}
    rows_of(target, people.owner, "自定", 空=None, **values, **unfit)
    client = login(people.owner)
    last = ["空", *unfit]
    assert names(client, target, f"sort=field_{field.pk}") == [*order, *last]
    assert names(client, target, f"sort=-field_{field.pk}") == [*reversed(order), *reversed(last)]


@BOTH
def test_rows_of_one_value_keep_their_order_over_pages(people, login, target, monkeypatch):
    monkeypatch.setattr("common.views.ListPage.page_size", 2)
    field = add("自定", "number", target)
    rows_of(target, people.owner, "自定", 甲=1, 乙=1, 丙=1, 丁=None, 戊=None)
    client = login(people.owner)
    pages = [names(client, target, f"sort=field_{field.pk}&page={page}") for page in (1, 2, 3)]
    assert pages == [["甲", "乙"], ["丙", "丁"], ["戊"]]
    back = [names(client, target, f"sort=-field_{field.pk}&page={page}") for page in (1, 2, 3)]
    assert back == [["丙", "乙"], ["甲", "戊"], ["丁"]]


@BOTH
@pytest.mark.parametrize("count", [1, 3])
def test_columns_filters_and_sorting_cost_the_same(people, login, target, django_assert_num_queries, count):
    kinds = ["text", "number", "date", "choice", "yes_no"]
    fields = [add(kind, kind, target, choices="大") for kind in kinds]
    kept = {"text": "靠窗", "number": 3, "date": "2026-01-01", "choice": "大", "yes_no": "是"}
    for _ in range(count):
        MAKE[target](owner=people.colleague, extra=kept)
    cols = ",".join(f"field_{field.pk}" for field in fields)
    query = f"cols={cols}&sort=-field_{fields[1].pk}&field_{fields[0].pk}=窗&field_{fields[1].pk}_from=2"
    client = login(people.superior)
    with django_assert_num_queries(QUERIES[target]):
        page = client.get(f"{PAGES[target]}?{query}")
    assert len(page.context["page"].object_list) == count


# --- filters
FILTERED = [
    ("text", {"甲": "靠窗的", "乙": "靠门", "丙": "100%"}, {"": "窗", " ": "100%"}, [["甲"], ["丙"]]),
    ("number", {"甲": 0, "乙": 9.5, "丙": "1,000", "丁": "多"}, {"_from": "9.5", "_to": "9.5"}, [["丙", "乙"], ["乙", "甲"]]),
    ("number", {"甲": -1, "乙": 0, "丙": 1}, {"_from": "0", "_to": "0"}, [["丙", "乙"], ["乙", "甲"]]),
    ("date", {"甲": "2026-01-31", "乙": "2026/2/1", "丙": "2025-02-01"}, {"_from": "2026-02-01", "_to": "2026-01-31"}, [["乙"], ["丙", "甲"]]),
    ("choice", {"甲": "大", "乙": "小", "丙": "大的"}, {"": "大"}, [["甲"]]),
    ("yes_no", {"甲": "是", "乙": "无", "丙": "看情况"}, {"": "1", " ": "0"}, [["甲"], ["乙"]]),
]  # fmt: skip


@BOTH
@pytest.mark.parametrize(("kind", "values", "asked", "found"), FILTERED)
def test_filters_of_each_kind(people, login, target, kind, values, asked, found):
    field = add("自定", kind, target, choices="大\n小")
    rows_of(target, people.owner, "自定", 空=None, **values)
    client = login(people.superior)
    for (end, value), rows in zip(asked.items(), found, strict=True):
        query = {f"field_{field.pk}{end.strip()}": value}
        page = client.get(PAGES[target], query)
        assert [row.name for row in page.context["page"].object_list] == rows
        # It survives a reload, shows as a chip, can be taken away, and is exported as filtered.
        body = page.content.decode()
        assert re.search(rf'name="field_{field.pk}{end.strip()}"', body)
        [chip] = page.context["filterset"].chips()
        assert chip["label"].startswith("自定")
        assert chip["query"] == ""
        assert page.context["is_filtered"]
        exported = workbook(
            client, target, f"cols=name&field_{field.pk}{end.strip()}={value.replace('%', '%25')}"
        )
        assert [row[0] for row in exported[1:]] == rows
    assert len(names(client, target)) == len(values) + 1


def test_from_and_to_together_and_beside_other_filters(people, login):
    field = add("面积", "number")
    rows_of("customer", people.owner, "面积", 甲=10, 乙=20, 丙=30)
    Customer.objects.filter(name="乙").update(level="A")
    client = login(people.owner)
    between = f"field_{field.pk}_from=15&field_{field.pk}_to=30"
    assert names(client, "customer", between) == ["丙", "乙"]
    assert names(client, "customer", f"{between}&level=A") == ["乙"]
    assert names(client, "customer", f"field_{field.pk}_from=30&field_{field.pk}_to=15") == []


def test_chips_say_choices_in_words(people, login):
    field = add("冷柜", "yes_no")
    rows_of("customer", people.owner, "冷柜", 甲="是")
    page = login(people.owner).get("/customers/", {f"field_{field.pk}": "1"})
    [chip] = page.context["filterset"].chips()
    assert (chip["label"], chip["value"]) == ("冷柜", "是")


@BOTH
@pytest.mark.parametrize(
    ("kind", "end", "value"),
    [
        ("number", "_from", "三个"),
        ("number", "_to", "NaN"),
        ("number", "_to", "1e999"),
        ("number", "_from", "1234567890123456"),
        ("date", "_from", "2026-02-30"),
        ("date", "_to", "昨天"),
        ("choice", "", "中"),
        ("choice", "", "<script>alert(1)</script>"),
        ("yes_no", "", "2"),
        ("text", "", "长" * 501),
        ("text", "", "a\x00b"),
        ("number", "_from", "\x00"),
    ],
)
def test_a_wrong_value_is_answered_in_words(people, login, target, kind, end, value):
    field = add("自定", kind, target, choices="大\n小")
    rows_of(target, people.owner, "自定", 甲="大")
    client, name = login(people.owner), f"field_{field.pk}{end}"
    for more in ({}, {"export": "xlsx"}, {"sort": f"field_{field.pk}"}):
        answer = client.get(PAGES[target], {name: value, **more})
        assert answer.status_code == 200
        page = answer.content.decode()
        [(label, words)] = answer.context["filterset"].problems()
        assert label.startswith("自定")
        assert words
        assert "筛选条件无效" in page
        assert "<script>alert" not in page
    # What was typed stands in its box still, and the chip takes it away.
    assert answer.context["filterset"].form[name].value() == value
    assert [chip["query"] for chip in answer.context["filterset"].chips()] == [f"sort=field_{field.pk}"]


@BOTH
def test_nobody_finds_by_a_field_what_he_does_not_see(people, login, target):
    field = add("自定", target=target)
    rows_of(target, people.owner, "自定", 甲="密")
    rows_of(target, people.outsider, "自定", 乙="密")
    query = f"field_{field.pk}=密&cols=name,field_{field.pk}"
    for user, seen in ((people.owner, ["甲"]), (people.superior, ["甲"]), (people.outsider, ["乙"])):
        assert names(login(user), target, query) == seen
    assert names(login(people.colleague), target, query) == []
    assert [row[0] for row in workbook(login(people.superior), target, query)[1:]] == ["甲"]


# --- fields that come and go
@BOTH
@pytest.mark.parametrize("end", ["off", "deleted", "renamed"])
def test_a_saved_view_outlives_its_field(people, login, target, end):
    stays, goes = add("留", "number", target), add("去", "choice", target, choices="大")
    rows_of(target, people.owner, "去", 甲="大", 乙="小")
    client, key = login(people.superior), f"field_{goes.pk}"
    query = f"cols=name,{key},field_{stays.pk}&sort=-{key}&{key}=大"
    client.post("/views/save/", {"page": PAGES[target], "query": query, "name": "我的", "is_default": "on"})
    view = SavedView.objects.get()
    opened = client.get(client.get(PAGES[target])["Location"])
    assert [row.name for row in opened.context["page"].object_list] == ["甲"]
    assert [head["column"].label for head in opened.context["columns"]][1:] == ["去", "留"]
    if end == "off":
        CustomField.objects.filter(pk=goes.pk).update(is_active=False)
    elif end == "deleted":
        goes.delete()
    else:
        CustomField.objects.filter(pk=goes.pk).update(label="新")
    answer = client.get(f"{PAGES[target]}?{view.query}")
    assert answer.status_code == 200
    shown = [head["column"].label for head in answer.context["columns"]]
    if end == "renamed":  # it starts empty
        assert shown[1:] == ["新", "留"]
        assert [row.name for row in answer.context["page"].object_list] == []
        return
    assert shown[1:] == ["留"]
    assert {row.name for row in answer.context["page"].object_list} == {"甲", "乙"}
    assert answer.context["filterset"].chips() == []
    assert f'value="{key}"' not in answer.content.decode()
    assert workbook(client, target, view.query)[0][1:] == ("留",)


def test_a_field_of_leads_is_none_of_customers_nor_of_other_lists(people, login):
    field = add("楼层", "number", "lead")
    ours = add("面积", "number")
    client = login(people.superior)
    for address, offered in (
        ("/leads/", {field}),
        ("/customers/", {ours}),
        ("/leads/pool/", set()),
        ("/leads/bin/", set()),
        ("/visits/", set()),
    ):
        page = client.get(address).content.decode()
        assert {one for one in (field, ours) if f"field_{one.pk}" in page} == offered, address


def test_bulk_actions_and_choices_mean_the_same_customers(people, login):
    field = add("面积", "number")
    rows_of("customer", people.owner, "面积", 甲=0, 乙=20)
    client, name = login(people.superior), f"field_{field.pk}_to"
    chosen = client.get("/customers/choice/", {name: "0"}).json()
    assert [row[1] for row in chosen["rows"]] == ["甲"]
    assert client.get("/customers/choice/", {name: "x"}).status_code == 400
    asked = client.post("/customers/bulk/add_tags/", {"all": "1", "query": f"{name}=0"})
    assert asked.context["count"] == 1


def test_the_map_shows_the_same_customers_as_points_and_as_kept_sums(people, login, monkeypatch):
    field = add("面积", "number")
    rows_of("customer", people.owner, "面积", 甲=0, 乙=20)
    Customer.objects.update(latitude=31.82, longitude=117.22, location_status="confirmed")
    refresh_map_cells(now=timezone.now(), today=business_calendar.today(), least=1)
    client, name = login(people.superior), f"field_{field.pk}_to"
    for most in (map_data.MOST_POINTS, 0):
        monkeypatch.setattr(map_data, "MOST_POINTS", most)
        for value, count in (("0", 1), ("", 2)):
            drawn = client.get("/map/cells/", {name: value, "box": "31,117,32,118", "zoom": "8"})
            assert drawn.json()["total"] == count
    assert client.get("/map/", {name: "x"}).status_code == 200


@BOTH
def test_the_chooser_offers_each_column_once(people, login, target):
    field = add("面积", "number", target)
    rows_of(target, people.owner, "面积", 甲=1)
    for query in ("", f"?cols=name,owner,field_{field.pk}"):
        chooser = login(people.owner).get(f"{PAGES[target]}{query}").context["chooser"]
        keys = [column.key for column, _shown in chooser]
        assert len(set(keys)) == len(keys)
        assert f"field_{field.pk}" in keys


def test_leads_alone_read_their_extra_when_it_is_drawn(people):
    from crm.queries.leads import list_rows

    LeadFactory(owner=people.owner, extra={"楼层": 3})
    assert "extra" in list_rows(people.owner).get().get_deferred_fields()
    assert "extra" not in list_rows(people.owner, with_extra=True).get().get_deferred_fields()
    assert Lead.objects.get().extra == {"楼层": 3}
