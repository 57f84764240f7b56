"""Departments as a tree, and whose figures may be seen as a whole."""

import pytest

from accounts import queries
from tests.factories import DepartmentFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_the_tree_puts_parents_before_children(people):
    branch = DepartmentFactory(name="一部北组", parent=people.sales)
    tree = queries.department_tree()
    assert [(node.name, node.depth) for node in tree] == [
        ("总部", 0),
        ("销售一部", 1),
        ("一部北组", 2),
        ("销售二部", 1),
    ]
    assert queries.branch_ids(tree, people.sales.pk) == {people.sales.pk, branch.pk}


def test_members_are_those_below_too_and_who_left(people):
    branch = DepartmentFactory(parent=people.sales)
    gone = UserFactory(department=branch, is_active=False)
    members = queries.members_of(people.sales.pk)
    assert members == {people.superior.pk, people.owner.pk, people.colleague.pk, gone.pk}


def test_a_department_is_seen_by_who_sees_all_its_people(people):
    assert queries.scope_department_ids(people.admin) is None
    assert queries.scope_department_ids(people.superior) == {people.sales.pk}
    assert queries.scope_department_ids(people.owner) == set()


def test_one_stranger_below_hides_the_department(people):
    branch = DepartmentFactory(parent=people.sales)
    leader = UserFactory(role="manager", data_scope="department", department=people.sales)
    assert queries.scope_department_ids(leader) == {people.sales.pk}  # nobody works in the branch yet
    UserFactory(department=branch)
    leader = type(leader).objects.get(pk=leader.pk)
    assert queries.scope_department_ids(leader) == set()


def test_subordinates_make_up_a_department(people):
    chief = UserFactory(role="manager", data_scope="subordinates", department=people.head)
    for person in (people.superior, people.owner, people.colleague):
        person.superior = chief
        person.save()
    assert queries.scope_department_ids(chief) == {people.sales.pk}


def test_ones_own_empty_branches_are_in_scope(people):
    branch = DepartmentFactory(parent=people.sales)
    assert queries.scope_department_ids(people.superior) == {people.sales.pk, branch.pk}
