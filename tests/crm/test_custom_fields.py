"""Fields the company added itself, in the forms of customers and leads (A5, B1)."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from crm import services
from crm.models import Customer, CustomField, Lead
from crm.rules.custom_fields import iso_date, number, yes_no
from crm.services.leads import create_lead

pytestmark = pytest.mark.django_db


def add(label, kind="text", target="customer", **fields):
    return CustomField.objects.create(target=target, label=label, kind=kind, **fields)


@pytest.fixture
def shop(people):
    return services.create_customer(actor=people.owner, name="李的店")


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("text", " 靠窗 ", "靠窗"),
        ("number", "1,200", 1200),
        ("number", "3.5", 3.5),
        ("date", "2026-11-24", "2026-11-24"),
        ("choice", "大", "大"),
        ("yes_no", "yes", "是"),
        ("yes_no", "no", "否"),
    ],
)
def test_each_kind_of_a_customer_and_a_lead(people, login, shop, kind, typed, kept):
    client = login(people.owner)
    lead = create_lead(actor=people.owner, name="新线索", extra={"别的": "1"})
    for target, row in (("customer", shop), ("lead", lead)):
        field = add("自定", kind, target, choices="大\n小\n\n大")
        url = f"/{target}s/{row.pk}/edit/"
        assert (
            client.post(url, {"name": row.name, "status": "active", f"extra_{field.pk}": typed}).status_code
            == 302
        )
        row.refresh_from_db()
        assert row.extra["自定"] == kept
        assert f"<dt>自定</dt><dd>{kept}</dd>" in client.get(row.get_absolute_url()).content.decode()
        # The form shows it again, and saving that changes nothing.
        page = client.get(url).context["form"]
        again = {"name": row.name, "status": "active", f"extra_{field.pk}": page.initial[f"extra_{field.pk}"]}
        assert client.post(url, again).status_code == 302
        row.refresh_from_db()
        assert row.extra["自定"] == kept
    assert lead.extra["别的"] == "1"


def test_new_records_have_them_too(people, login):
    client = login(people.owner)
    ours, theirs = add("货架"), add("楼层", "number", "lead")
    client.post("/customers/new/", {"name": "新店", f"extra_{ours.pk}": "两排"})
    client.post("/leads/new/", {"name": "新线索", f"extra_{theirs.pk}": "3"})
    assert Customer.objects.get(name="新店").extra == {"货架": "两排"}
    assert Lead.objects.get(name="新线索").extra == {"楼层": 3}


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("number", "三个"),
        ("number", "NaN"),
        ("number", "1e999"),
        ("number", "1234567890123456"),
        ("date", "2026-02-30"),
        ("date", "昨天"),
        ("choice", "中"),
        ("yes_no", "也许"),
        ("text", "长" * 501),
        ("text", ""),
    ],
)
def test_bad_input_is_refused_and_what_was_typed_stays(people, login, shop, kind, typed):
    field = add("自定", kind, choices="大\n小", required=True)
    answer = login(people.owner).post(
        f"/customers/{shop.pk}/edit/", {"name": "新名字", "status": "active", f"extra_{field.pk}": typed}
    )
    assert answer.status_code == 422
    form = answer.context["form"]
    assert list(form.errors) == [f"extra_{field.pk}"]
    assert form.has_errors_below
    assert form[f"extra_{field.pk}"].value() == typed
    shop.refresh_from_db()
    assert (shop.name, shop.extra) == ("李的店", {})


def test_what_no_field_knows_stays(people, login, shop):
    """Imported columns, a field out of use, values that do not fit their kind."""
    shop.extra = {
        "导入列": "甲",
        "停用": "乙",
        "人数": "十来个",
        "开业": "去年",
        "规格": "特大",
        "备货": "看情况",
    }
    shop.save(update_fields=["extra"])
    add("停用", is_active=False)
    fields = [
        add("人数", "number"),
        add("开业", "date"),
        add("备货", "yes_no"),
        add("规格", "choice", choices="大"),
    ]
    note = add("说明")
    client = login(people.owner)
    form = client.get(f"/customers/{shop.pk}/edit/").context["form"]
    assert 'type="date"' not in str(form[f"extra_{fields[1].pk}"])
    unchanged = {f"extra_{field.pk}": form.initial[f"extra_{field.pk}"] for field in fields}
    data = {"name": shop.name, "status": "active", f"extra_{note.pk}": "丙"} | unchanged
    assert client.post(f"/customers/{shop.pk}/edit/", data).status_code == 302
    before = dict(shop.extra)
    shop.refresh_from_db()
    assert shop.extra == before | {"说明": "丙"}
    client.post(f"/customers/{shop.pk}/edit/", data | {f"extra_{note.pk}": "", f"extra_{fields[0].pk}": "12"})
    shop.refresh_from_db()
    assert shop.extra == before | {"人数": 12}


def test_labels_choices_and_values_are_text(people, login, shop):
    field = add("<script>1</script>", "choice", choices="<b>大\n小")
    client = login(people.owner)
    client.post(
        f"/customers/{shop.pk}/edit/", {"name": shop.name, "status": "active", f"extra_{field.pk}": "<b>大"}
    )
    shop.refresh_from_db()
    assert shop.extra == {"<script>1</script>": "<b>大"}
    for url in (f"/customers/{shop.pk}/edit/", shop.get_absolute_url()):
        page = client.get(url).content.decode()
        assert "<script>1" not in page
        assert "<b>大" not in page
        assert "&lt;b&gt;大" in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_form_asks_once_for_all_fields(people, shop, django_assert_num_queries, count):
    from crm.forms.leads import LeadForm

    for n in range(count):
        add(f"字段{n}", target="lead")
    people.owner.has_perm("crm.assign_lead")
    with django_assert_num_queries(2):  # the dictionaries, the fields
        LeadForm(user=people.owner)


def test_a_choice_needs_choices_and_a_label_is_there_once(people, login):
    with pytest.raises(ValidationError):
        CustomField(target="lead", label="规格", kind="choice", choices=" \n").full_clean()
    add("规格", target="lead")
    with pytest.raises(ValidationError):
        CustomField(target="lead", label="规格").full_clean()
    CustomField(target="customer", label="规格").full_clean()
    assert login(people.owner).get("/admin/crm/customfield/").status_code == 302


@given(st.text(max_size=30))
def test_rules_answer_or_refuse(text):
    for rule in (number, iso_date):
        try:
            value = rule(text)
        except ValueError:
            continue
        assert rule(str(value)) == value
    assert yes_no(text) in (True, False, None)


def test_the_admin_names_its_columns_as_fields_not_as_jobs(people, login):
    people.admin.is_superuser = True
    people.admin.save()
    page = login(people.admin).get("/admin/crm/customfield/add/").content.decode()
    assert "必填" in page
    assert "顺序" in page
    assert "职位" not in page
