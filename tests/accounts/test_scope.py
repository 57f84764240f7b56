"""Whose records a user sees (A2)."""

import pytest

from accounts.enums import DataScope
from accounts.querysets import scope_user_ids
from tests.factories import DepartmentFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_self_scope_is_only_oneself(people):
    assert scope_user_ids(people.owner) == {people.owner.pk}


def test_manager_sees_the_department_tree_and_nobody_elsewhere(people):
    below = UserFactory(department=DepartmentFactory(parent=people.sales))
    assert scope_user_ids(people.superior) == {
        people.superior.pk,
        people.owner.pk,
        people.colleague.pk,
        below.pk,
    }


def test_a_subordinate_in_another_department_is_seen_by_the_leader(people):
    people.outsider.superior = people.owner
    people.outsider.save()
    assert people.outsider.pk in scope_user_ids(people.superior)


def test_whole_company_scope_has_no_limit(people):
    assert scope_user_ids(people.finance) is None


def test_superuser_sees_all_whatever_his_role():
    assert scope_user_ids(UserFactory(is_superuser=True)) is None


def test_personal_scope_beats_the_role(people):
    people.owner.data_scope = DataScope.DEPARTMENT
    assert scope_user_ids(people.owner) == {people.owner.pk, people.colleague.pk, people.superior.pk}


def test_subordinates_through_several_levels_and_a_ring_in_the_data():
    top = UserFactory(data_scope=DataScope.SUBORDINATES)
    middle = UserFactory(superior=top)
    low = UserFactory(superior=middle)
    top.superior = low
    top.save()
    assert scope_user_ids(top) == {top.pk, middle.pk, low.pk}


def test_department_scope_without_a_department_is_oneself():
    user = UserFactory(data_scope=DataScope.DEPARTMENT_TREE)
    assert scope_user_ids(user) == {user.pk}


def test_scope_is_read_once_a_request(people, django_assert_num_queries):
    scope_user_ids(people.superior)
    with django_assert_num_queries(0):
        scope_user_ids(people.superior)


@pytest.mark.parametrize("below", [0, 1])
def test_a_manager_without_a_department_sees_who_reports_to_him(below):
    """The tree's scope is the branch and those who report to the person; without a department the latter remain."""
    manager = UserFactory(data_scope=DataScope.DEPARTMENT_TREE, department=None)
    reports = [UserFactory(superior=manager) for _ in range(below)]
    UserFactory(department=None)  # nobody's: no department in common is no branch
    assert scope_user_ids(manager) == {manager.pk, *(person.pk for person in reports)}
