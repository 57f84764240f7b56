"""The SQL engine against domain-rules §3 written out plainly in Python, over random companies."""

import datetime as dt
from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from alerts.models import Alert, AlertRule, RepAlertRule
from alerts.rules import department_paths
from alerts.services import compute_alerts
from crm.models import Customer
from tests.factories import CustomerFactory, DepartmentFactory, UserFactory

TODAY = dt.date(2026, 3, 16)
COLUMN = {"unvisited": "last_visit_on", "unordered": "last_order_on", "unsold": "last_sale_on"}
KINDS = list(COLUMN)

days = st.integers(-3, 12).map(lambda n: TODAY - dt.timedelta(days=n))
levels = st.sampled_from(["", "A", "A", "B"])
# Departments: 0 root, 1 and 2 below it, 3 below 1; 4 a root of its own; None no department.
PARENTS = [None, 0, 0, 1, None]
departments = st.sampled_from([0, 1, 2, 3, 4])
rules = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["unvisited", *KINDS]),
            "period_days": st.integers(1, 9),
            "level": st.one_of(st.just(""), levels),
            "department": st.one_of(st.none(), departments),
            "is_enabled": st.sampled_from([True, True, True, False]),
        }
    ),
    min_size=1,
    max_size=8,
)
customers = st.lists(
    st.fixed_dictionaries(
        {
            "level": levels,
            "owner": st.sampled_from(["pool", None, 0, 1, 2, 3, 4]),
            "status": st.sampled_from(["active", "active", "active", "inactive"]),
            "alerts_exempt": st.sampled_from([False, False, False, True]),
            "created_on": days,
            "received_on": days,
            **{column: st.one_of(st.none(), days) for column in COLUMN.values()},
        }
    ),
    min_size=1,
    max_size=12,
)


def crowded_rule(random):
    return {
        "kind": random.choice(["unvisited", "unvisited", "unordered", "unsold"]),
        "period_days": random.randint(1, 9),
        "level": random.choice(["", "A", "B"]),
        "department": random.choice([None, None, 0, 1, 3, 4]),
        "is_enabled": random.random() < 0.9,
    }


def crowded_shop(random):
    def day():
        return TODAY - dt.timedelta(days=random.randint(-3, 12))

    return {
        "level": random.choice(["", "A", "B", "C"]),
        "owner": random.choice(["pool", None, 0, 1, 2, 3, 4]),
        "status": "inactive" if random.random() < 0.1 else "active",
        "alerts_exempt": random.random() < 0.1,
        "created_on": day(),
        "received_on": day(),
        **{column: day() if random.random() < 0.7 else None for column in COLUMN.values()},
    }


def is_below(department, ancestor):
    while department is not None:
        if department == ancestor:
            return True
        department = PARENTS[department]
    return False


def expected(customer, all_rules, today):
    """{kind: (base, due)} of the alerts the rules ask for, read off domain-rules §3 sentence by sentence."""
    if customer["owner"] == "pool" or customer["status"] != "active" or customer["alerts_exempt"]:
        return {}
    found = {}
    for kind, column in COLUMN.items():
        steps = [
            [r for r in all_rules if r["level"] and r["department"] is not None],
            [r for r in all_rules if r["level"] and r["department"] is None],
            [r for r in all_rules if not r["level"] and r["department"] is not None],
            [r for r in all_rules if not r["level"] and r["department"] is None],
        ]
        for step in steps:
            fitting = [
                r["period_days"]
                for r in step
                if r["is_enabled"]
                and r["kind"] == kind
                and (not r["level"] or r["level"] == customer["level"])
                and (r["department"] is None or is_below(customer["owner"], r["department"]))
            ]
            if fitting:
                base = customer[column] or max(customer["created_on"], customer["received_on"])
                due = base + dt.timedelta(days=min(fitting))
                if today > due:
                    found[kind] = (base, due)
                break
    return found


def open_now():
    rows = Alert.objects.filter(closed_on__isnull=True).values_list(
        "customer_id", "kind", "base_on", "due_on"
    )
    return {(customer, kind): (base, due) for customer, kind, base, due in rows}


@pytest.mark.once
class DifferentialTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        RepAlertRule.objects.all().delete()
        cls.departments = []
        for parent in PARENTS:
            above = None if parent is None else cls.departments[parent]
            cls.departments.append(DepartmentFactory(parent=above))
        cls.owners = {None: UserFactory()} | {
            number: UserFactory(department=department) for number, department in enumerate(cls.departments)
        }

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(before=rules, after=st.one_of(st.none(), rules), shops=customers, moved=customers)
    def test_same_alerts_as_the_plain_reading(self, before, after, shops, moved):
        """Two rule sets and two states of the customers, one after the other: each run ends in what §3 says."""
        made = [CustomerFactory(**self.fields(shop)) for shop in shops]
        self.run_and_compare(before, dict(zip([c.pk for c in made], shops, strict=True)), TODAY)
        shops = [*moved[: len(shops)], *shops[len(moved) :]]
        for customer, shop in zip(made, shops, strict=True):
            Customer.objects.filter(pk=customer.pk).update(**self.fields(shop))
        self.run_and_compare(
            before if after is None else after,
            dict(zip([c.pk for c in made], shops, strict=True)),
            TODAY + dt.timedelta(days=2),
        )

    def test_same_alerts_in_crowded_companies(self):
        """Many rules that overlap and many customers: where hypothesis, which likes small cases, seldom goes."""
        for seed in range(25):
            with self.subTest(seed=seed), transaction.atomic():
                random = Random(seed)
                before = [crowded_rule(random) for _ in range(random.randint(3, 12))]
                after = before if seed % 3 else [crowded_rule(random) for _ in range(8)]
                shops = [crowded_shop(random) for _ in range(40)]
                made = Customer.objects.bulk_create(CustomerFactory.build_batch(40, owner=None))
                for today in (TODAY, TODAY + dt.timedelta(days=2)):
                    for customer, shop in zip(made, shops, strict=True):
                        Customer.objects.filter(pk=customer.pk).update(**self.fields(shop))
                    by_pk = dict(zip([c.pk for c in made], shops, strict=True))
                    self.run_and_compare(before if today == TODAY else after, by_pk, today)
                    shops = [crowded_shop(random) if random.random() < 0.3 else shop for shop in shops]
                transaction.set_rollback(True)

    def fields(self, shop):
        pool = shop["owner"] == "pool"
        return shop | {"owner": None if pool else self.owners[shop["owner"]]}

    def run_and_compare(self, all_rules, by_pk, today):
        AlertRule.objects.all().delete()
        for rule in all_rules:
            department = None if rule["department"] is None else self.departments[rule["department"]]
            AlertRule.objects.create(**rule | {"department": department})
        before = open_now()
        run = compute_alerts(today=today)
        wanted = {
            (pk, kind): dates
            for pk, shop in by_pk.items()
            for kind, dates in expected(shop, all_rules, today).items()
        }
        assert open_now() == wanted
        assert run.opened >= len(wanted.items() - before.items())
        assert len(before) + run.opened - run.closed == len(wanted)
        again = compute_alerts(today=today)
        assert (again.opened, again.closed) == (0, 0)
        assert open_now() == wanted


def test_a_ring_of_departments_does_not_hang():
    assert department_paths({1: 2, 2: 1}) == {1: frozenset({1, 2}), 2: frozenset({1, 2})}
