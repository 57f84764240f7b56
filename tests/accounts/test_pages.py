"""Login, lock-out, profile, language, roles (A1, A3, A6)."""

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

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


def test_the_senders_address_is_kept_and_checked(people, login):
    client = login(people.owner)
    data = {"name": "李业务", "language": "zh-hans", "email": "li@example.com"}
    assert client.post("/me/", data).status_code == 302
    people.owner.refresh_from_db()
    assert people.owner.email == "li@example.com"
    bad = client.post("/me/", {**data, "email": "li@"})
    assert bad.context["form"].errors["email"]
    assert 'value="li@"' in bad.content.decode()


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


@pytest.mark.parametrize("path", ["user", "department", "role", "systemoptions", "accesslog"])
def test_admin_pages_open(login, people, path):
    people.admin.is_superuser = True
    people.admin.save()
    assert login(people.admin).get(f"/admin/accounts/{path}/").status_code == 200
