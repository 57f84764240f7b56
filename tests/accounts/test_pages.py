"""Login, lock-out, profile, language, roles (A1, A3, A6)."""

from urllib.parse import parse_qs, urlsplit

import pytest
from auditlog.context import set_actor
from auditlog.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation

from accounts.admin import SystemOptionsAdmin
from accounts.enums import AccessAction, RoleCode
from accounts.models import AccessLog, Role, SystemOptions, User
from accounts.queries import home_pages
from accounts.services import record_access, seed_role_permissions, update_profile
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-password-1"


def sign_in(username: str, password: str):
    return Client().post("/login/", {"username": username, "password": password})


@pytest.mark.parametrize("name", ["li", "13800000001"])
def test_login_by_name_or_phone(name):
    UserFactory(username="li", phone="13800000001", password=PASSWORD)
    assert sign_in(name, PASSWORD).headers["Location"] == "/"


def test_a_phone_that_is_somebodys_user_name_belongs_to_that_name():
    UserFactory(username="13800000001", password="the-name-owner-1")
    UserFactory(username="li", phone="13800000001", password=PASSWORD)
    assert sign_in("13800000001", PASSWORD).status_code == 200


def test_inactive_people_do_not_get_in():
    UserFactory(username="li", password=PASSWORD, is_active=False)
    assert sign_in("li", PASSWORD).status_code == 200


def test_many_failures_lock_the_account_with_a_message():
    UserFactory(username="li", password=PASSWORD)
    answers = [sign_in("li", "wrong") for _ in range(8)]
    assert answers[-1].status_code == 429
    assert "登录失败次数过多" in answers[-1].content.decode()
    assert sign_in("li", PASSWORD).status_code == 429


def test_two_people_cannot_have_one_phone():
    UserFactory(phone="13800000001")
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(phone="13800000001")
    UserFactory(phone="")
    UserFactory(phone="")


def test_nobody_is_his_own_superior():
    user = UserFactory()
    user.superior = user
    with pytest.raises(IntegrityError), transaction.atomic():
        user.save()


def test_profile_shows_who_looked_at_my_location(people, login):
    record_access(
        actor=people.superior, action=AccessAction.LOCATION, what="轨迹 11-22", subject=people.owner
    )
    assert "王经理" in login(people.owner).get("/me/").content.decode()
    assert "王经理" not in login(people.outsider).get("/me/").content.decode()


def test_profile_saves_settings_and_keeps_bad_input(people, login):
    client = login(people.owner)
    data = {"name": "李业务", "phone": "", "language": "en", "home_page": "/today/", "usual_region": "滨湖"}
    assert client.post("/me/", data).status_code == 302
    people.owner.refresh_from_db()
    assert (people.owner.language, people.owner.home_page) == ("en", "/today/")
    UserFactory(phone="13800000001")
    bad = client.post("/me/", {**data, "phone": "13800000001", "usual_region": "政务"})
    assert bad.status_code == 200
    assert "政务" in bad.content.decode()
    assert bad.context["form"].errors


def test_what_is_no_telephone_number_is_refused(people, login):
    client = login(people.owner)
    data = {"name": "李业务", "language": "zh-hans"}
    bad = client.post("/me/", {**data, "phone": "😀"})
    assert "这不像是电话号码" in bad.content.decode()
    assert 'value="😀"' in bad.content.decode()
    for fine in ("661234", "+86 138-0013-8000", ""):  # a short number within the company is one
        assert client.post("/me/", {**data, "phone": fine}).status_code == 302


def test_the_senders_address_is_kept_and_checked(people, login):
    client = login(people.owner)
    data = {"name": "李业务", "language": "zh-hans", "email": "li@example.com"}
    assert client.post("/me/", data).status_code == 302
    people.owner.refresh_from_db()
    assert people.owner.email == "li@example.com"
    bad = client.post("/me/", {**data, "email": "li@"})
    assert bad.context["form"].errors["email"]
    assert 'value="li@"' in bad.content.decode()


def test_the_language_offered_is_that_of_the_page(people, login):
    """Who chose English at the login and saves his telephone number stays with English."""
    client = login(people.owner)
    client.cookies["django_language"] = "en"
    page = client.get("/me/").content.decode()
    assert '<html lang="en">' in page
    assert '<option value="en" selected>' in page
    people.owner.language = "zh-hans"
    people.owner.save()
    assert '<option value="zh-hans" selected>' in client.get("/me/").content.decode()


def test_home_pages_are_those_one_may_open(people, login):
    pages = dict(login(people.owner).get("/me/").context["form"].fields["home_page"].choices)
    assert "/today/" in pages
    assert "/supervision/" not in pages
    assert "/supervision/" in dict(home_pages(people.superior))
    refused = login(people.owner).post(
        "/me/", {"name": "李业务", "language": "zh-hans", "home_page": "/supervision/"}
    )
    assert refused.context["form"].errors["home_page"]


def test_profile_service_refuses_other_fields(people):
    with pytest.raises(TypeError):
        update_profile(user=people.owner, is_superuser="1")


def test_language_follows_the_choice_not_the_browser(client):
    assert "登录" in client.get("/login/", headers={"accept-language": "en"}).content.decode()
    client.post("/language/", {"language": "en", "next": "/login/"})
    assert "Log in" in client.get("/login/").content.decode()


def test_language_switch_goes_nowhere_else(client):
    assert (
        client.post("/language/", {"language": "en", "next": "https://evil.example/"}).headers["Location"]
        == "/"
    )


def test_options_are_one_row_with_sane_hours():
    options = SystemOptions.load()
    assert SystemOptions.load().pk == options.pk == 1
    options.work_start = options.work_end
    with pytest.raises(ValidationError):
        options.full_clean()


def test_the_first_working_hours_come_from_the_environment(settings):
    settings.WORKING_HOURS = "07:30-19:00"
    options = SystemOptions.load()
    assert (f"{options.work_start:%H:%M}", f"{options.work_end:%H:%M}") == ("07:30", "19:00")
    settings.WORKING_HOURS = "09:00-18:00"
    assert f"{SystemOptions.load().work_start:%H:%M}" == "07:30"  # afterwards the admin's word counts


def test_roles_have_their_permissions_and_one_taken_away_stays_away():
    rep = Role.objects.get(code=RoleCode.REP)
    permission = Permission.objects.get(codename="view_customer")
    assert rep.permissions.filter(pk=permission.pk).exists()
    rep.permissions.remove(permission)
    seed_role_permissions(app_label="crm")
    assert not rep.permissions.filter(pk=permission.pk).exists()


def test_permissions_come_from_the_role(people):
    assert people.owner.has_perm("visits.add_visit")
    assert not people.owner.has_perm("crm.import_customer")
    assert not people.finance.has_perm("visits.add_visit")
    assert people.superior.has_perm("crm.import_customer")


def test_every_default_permission_exists():
    """A default that names no permission would silently give nothing."""
    from accounts.enums import DEFAULT_PERMISSIONS

    known = {
        f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related("content_type")
    }
    office = Role.objects.get(code="back_office").permissions.values_list("codename", flat=True)
    assert "approve_salesorder" in office
    assert "approve_credit" not in office  # kept from the role
    labels = {name.split(".")[0] for name in known} | {"reports"}  # reports has no permission of its own yet
    for names in DEFAULT_PERMISSIONS.values():
        for name in names:
            assert name.removeprefix("-") in known or (name.endswith(".*") and name[:-2] in labels), name


def test_exports_are_on_record(people):
    from common.signals import data_exported

    data_exported.send(sender=User, user=people.superior, what="客户", rows=3)
    entry = AccessLog.objects.get()
    assert (entry.actor, entry.action, entry.rows) == (people.superior, AccessAction.EXPORT, 3)


@pytest.mark.parametrize("path", ["user", "department", "role", "accesslog"])
def test_admin_pages_open(login, people, path):
    people.admin.is_superuser = True
    people.admin.save()
    assert login(people.admin).get(f"/admin/accounts/{path}/").status_code == 200


def test_options_refuse_days_that_no_calendar_has(db):
    options = SystemOptions.load()
    options.payment_days = options.lead_max_hold_days = 99_999_999
    options.work_end = options.work_start
    with pytest.raises(ValidationError) as refused:
        options.full_clean()
    assert set(refused.value.message_dict) == {"payment_days", "lead_max_hold_days", "work_end"}
    options.work_end = None  # a time that could not be read
    with pytest.raises(ValidationError):
        options.clean()


def test_rights_of_a_role_are_ticked_by_model_in_chinese_and_kept(people, login):
    role = people.owner.role
    before = set(role.permissions.values_list("pk", flat=True))
    assert before
    admin = login(people.admin)
    address = f"/admin/accounts/role/{role.pk}/change/"
    page = admin.get(address)
    field = page.context["adminform"].form.fields["permissions"]
    groups = {name: [str(label) for _value, label in rights] for name, rights in field.choices}
    assert groups["客户 · 客户"][:4] == ["查看", "新增", "修改", "删除"]
    assert "可以导出收款" in groups["销售 · 收款"]
    assert next(iter(groups)).startswith("组织")  # packages without an own screen stand last
    taken = page.context["adminform"].form.initial
    data = {name: "" if value is None else value for name, value in taken.items() if name != "permissions"}
    kept = sorted(before)[1:]
    assert admin.post(address, data | {"permissions": kept}).status_code == 302
    assert set(role.permissions.values_list("pk", flat=True)) == set(kept)


def test_audit_log_says_who_changed_what_in_words(people, login):
    admin = login(people.admin)
    person = people.owner
    person.phone = "13900001111"
    with set_actor(people.admin):
        person.save()
    entry = LogEntry.objects.get_for_object(person).filter(action=LogEntry.Action.UPDATE).latest("timestamp")
    lists = admin.get("/admin/auditlog/logentry/?did=1").content.decode()
    assert "电话" in lists
    assert str(people.admin) in lists
    page = admin.get(f"/admin/auditlog/logentry/{entry.pk}/change/").content.decode()
    assert "→ 13900001111" in page
    assert "修改" in page
    assert login(people.owner).get("/admin/auditlog/logentry/").status_code == 302  # to the admin's own login


def test_admin_stands_in_the_order_of_setting_up(people, login):
    page = login(people.admin).get("/admin/")
    sections = page.context["app_list"]
    assert [section["app_label"] for section in sections][:3] == ["accounts", "crm", "sales"]
    assert [section["name"] for section in sections][-1] == "周期任务"
    names = {model["name"] for section in sections for model in section["models"]}
    assert {"商品", "拜访"} <= names
    assert not {name for name in names if name.isascii()}


def test_admin_chooses_language_and_home_page_from_what_there_is(people, login):
    admin = login(people.admin)
    address = f"/admin/accounts/user/{people.owner.pk}/change/"
    form = admin.get(address).context["adminform"].form
    assert [code for code, _name in form.fields["language"].choices] == ["", "zh-hans", "en"]
    pages = [page for page, _name in form.fields["home_page"].choices]
    assert pages[0] == ""
    assert len(pages) > 1
    data = {name: "" if value is None else value for name, value in form.initial.items()}
    data |= {"last_login_0": "", "last_login_1": "", "date_joined_0": "2026-01-01", "date_joined_1": "08:00"}
    data |= {"tracking_notice_at_0": "", "tracking_notice_at_1": "", "user_permissions": []}
    refused = admin.post(address, data | {"home_page": "nowhere"})
    assert "home_page" in refused.context["adminform"].form.errors
    assert admin.post(address, data | {"home_page": pages[1], "language": "en"}).status_code == 302
    people.owner.refresh_from_db()
    assert (people.owner.home_page, people.owner.language) == (pages[1], "en")


def test_every_system_option_has_its_place(people, login):
    login(people.admin)
    shown = [name for _title, part in SystemOptionsAdmin.fieldsets for name in part["fields"]]
    assert sorted(shown) == sorted(
        field.name for field in SystemOptions._meta.fields if field.editable and not field.primary_key
    )


def test_a_login_is_noted_with_its_address():
    user = UserFactory(username="li", password=PASSWORD)
    sign_in("li", "wrong")
    assert not AccessLog.objects.exists()
    Client(REMOTE_ADDR="203.0.113.9").post("/login/", {"username": "li", "password": PASSWORD})
    noted = AccessLog.objects.get()
    assert (noted.actor, noted.action, noted.what) == (user, AccessAction.LOGIN, "203.0.113.9")


def test_the_options_open_at_once(people, login):
    people.admin.is_superuser = True
    people.admin.save()
    answer = login(people.admin).get("/admin/accounts/systemoptions/")
    assert answer.headers["Location"] == f"/admin/accounts/systemoptions/{SystemOptions.load().pk}/change/"
    assert "/login/" in login(people.superior).get("/admin/accounts/systemoptions/").headers["Location"]


def test_the_audit_log_names_roles_in_the_companys_language(db):
    for role in Role.objects.all():
        role.permissions.clear()
    Role.objects.update(seeded=[])
    LogEntry.objects.all().delete()
    with translation.override(None):  # as `migrate` does
        seed_role_permissions(app_label="sales")
    named = set(LogEntry.objects.values_list("object_repr", flat=True))
    assert named == {"业务员", "销售经理", "财务", "内勤", "客服", "管理员"}


# --- a page whose session has ended, or whose token is an old one
def test_a_fragment_asked_for_after_the_session_says_so_instead_of_drawing_the_login_page(db):
    answer = Client().get("/customers/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (401, b"")
    assert Client().get("/customers/").headers["Location"] == "/login/?next=/customers/"


@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        ("http://testserver/alerts/?kind=unvisited&page=2", "/alerts/?kind=unvisited&page=2"),
        ("https://elsewhere.example/alerts/", "/"),
        ("", "/"),
    ],
)
def test_after_the_login_a_form_leads_back_to_its_page(db, came_from, back):
    """Its own address takes only POST: opened after the login it showed an empty page."""
    answer = Client().post("/alerts/add-to-plan/", headers={"Referer": came_from})
    assert parse_qs(urlsplit(answer.headers["Location"]).query) == {"next": [back]}


def test_a_form_older_than_the_login_says_what_to_do(people):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.owner)
    answer = client.post("/alerts/snooze/", headers={"Referer": "http://testserver/alerts/mine/?sort=money"})
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "刚才的内容没有保存" in page
    assert 'href="/alerts/mine/?sort=money"' in page
