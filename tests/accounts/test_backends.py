"""What a page asks about the person before anything else."""

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.backends import RoleBackend
from accounts.querysets import scope_user_ids
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def permission(codename: str) -> Permission:
    return Permission.objects.get(codename=codename)


def test_permissions_of_role_groups_and_person_in_one_statement(django_assert_num_queries):
    user = UserFactory(role="rep")
    user.user_permissions.add(permission("view_session"))
    group = Group.objects.create(name="x")
    group.permissions.add(permission("merge_customer"))
    user.groups.add(group)
    found = RoleBackend().get_user(user.pk)
    with django_assert_num_queries(1):
        assert found.has_perm("crm.view_customer")
        assert found.has_perm("crm.merge_customer")
        assert found.has_perm("sessions.view_session")
        assert not found.has_perm("crm.assign_customer")
        assert not found.has_perm("crm.view_customer", user)


def test_without_a_role_nothing_is_allowed():
    user = UserFactory()
    type(user).objects.filter(pk=user.pk).update(role=None)
    assert RoleBackend().get_user(user.pk).get_all_permissions() == set()


def test_a_superuser_may_do_all_without_asking(django_assert_num_queries):
    user = UserFactory(is_superuser=True)
    with django_assert_num_queries(0):
        assert user.has_perm("crm.merge_customer")
    assert "crm.merge_customer" in user.get_all_permissions()


def test_who_left_is_nobody():
    user = UserFactory(is_active=False)
    assert RoleBackend().get_user(user.pk) is None
    assert RoleBackend().get_user(0) is None
    assert user.get_all_permissions() == set()


def test_the_person_comes_with_role_department_and_scope_in_two_statements(people, django_assert_num_queries):
    with django_assert_num_queries(2):
        user = RoleBackend().get_user(people.superior.pk)
        assert (user.role.code, user.department) == ("manager", people.sales)
        assert people.owner.pk in scope_user_ids(user)
