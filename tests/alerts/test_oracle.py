"""The engine against domain-rules §3 read sentence by sentence in plain Python over plain lists of events.

Thousands of customers with generated histories live through some days together: visits around midnight in Shanghai
while times are stored in UTC, orders submitted and cancelled, goods issued and reversed, owners and levels that change,
customers given to the pool, rules switched. After each step every open alert must be what the oracle says. The oracle
knows no column, no SQL and no code of alerts.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from random import Random

import chinese_calendar
import pytest

from accounts.models import Department, User
from alerts.models import Alert, AlertExemption, AlertRule, RepAlertRule
from alerts.services import check_last_events, compute_alerts, judge_changes
from common.business_calendar import business_day
from crm.models import Customer, Dictionary, Tag
from sales.models import Delivery, SalesOrder
from tests.factories import DepartmentFactory, DictionaryFactory, UserFactory
from visits.models import Visit

SHOPS = 1000
START = dt.datetime(2026, 3, 16, 15, 58, tzinfo=dt.UTC)  # two minutes to midnight in Shanghai
DAY = dt.timedelta(days=1)
KINDS = ("unvisited", "unordered", "unsold")
# 0 root, 1 and 2 below it, 3 below 1; 4 a root of its own
PARENTS = [None, 0, 0, 1, None]


# --- the oracle: §3, and nothing else
@dataclass
class Shop:
    """A customer and all that ever happened there; moments are UTC, days are business days."""

    created_on: dt.date
    received_on: dt.date | None
    owner: int | None  # number of the rep; None: the public pool
    level: str = ""
    channel: int | None = None
    tags: set = field(default_factory=set)
    inactive: bool = False
    exempt: bool = False
    visits: list = field(default_factory=list)  # (moment, has check-out)
    orders: list = field(default_factory=list)  # (day, counts)
    issues: list = field(default_factory=list)  # (day, counts)


def local_day(moment):
    """The date on a clock in Shanghai, eight hours ahead of UTC all year."""
    return (moment + dt.timedelta(hours=8)).date()


def last(kind, shop):
    if kind == "unvisited":
        days = [local_day(moment) for moment, is_valid in shop.visits if is_valid]
    else:
        days = [day for day, counts in (shop.orders if kind == "unordered" else shop.issues) if counts]
    return max(days, default=None)


def below(department, ancestor):
    while department is not None:
        if department == ancestor:
            return True
        department = PARENTS[department]
    return False


def fits(rule, shop, department, today):
    return (
        rule["is_enabled"]
        and (not rule["level"] or rule["level"] == shop.level)
        and (rule["department"] is None or below(department, rule["department"]))
        and (rule["channel"] is None or rule["channel"] == shop.channel)
        and (rule["tag"] is None or rule["tag"] in shop.tags)
        and (rule["starts_on"] is None or rule["starts_on"] <= today)
        and (rule["ends_on"] is None or rule["ends_on"] >= today)
    )


def the_rule(kind, rules, shop, department, today):
    """level+department > level > department > general, before them a channel, before all a tag; then the shorter."""
    found = [r for r in rules if r["kind"] == kind and fits(r, shop, department, today)]
    if not found:
        return None

    def rank(rule):
        named = (rule["tag"], rule["channel"], rule["level"] or None, rule["department"])
        return [part is None for part in named], rule["period_days"]

    return min(found, key=rank)


def due(base, rule):
    if not rule["working_days"]:
        return base + rule["period_days"] * DAY
    left = rule["period_days"]
    while left:
        base += DAY
        left -= chinese_calendar.is_workday(base)
    return base


def spared(kind, shop, number, exemptions, today):
    return any(
        row["kind"] in ("", kind)
        and (row["until"] is None or today <= row["until"])
        and (
            (row["level"] and row["level"] == shop.level) or row["tag"] in shop.tags or row["shop"] == number
        )
        for row in exemptions
    )


def oracle(shops, rules, exemptions, departments, today):
    """{(number, kind): (base, due)} of the alerts that are open."""
    wanted = {}
    for number, shop in enumerate(shops):
        if shop.owner is None or shop.inactive or shop.exempt:
            continue
        for kind in KINDS:
            rule = the_rule(kind, rules, shop, departments[shop.owner], today)
            if rule is None or spared(kind, shop, number, exemptions, today):
                continue
            base = last(kind, shop) or max(shop.created_on, shop.received_on)
            if today > due(base, rule):
                wanted[number, kind] = (base, due(base, rule))
    return wanted


# --- the generated company
@dataclass
class Company:
    """The same company twice: as plain values for the oracle, as rows for the engine."""

    random: Random
    extended: bool  # with channels, tags, working days, dates and exemptions, beyond the levels and departments of §3
    shops: list = field(default_factory=list)
    rules: list = field(default_factory=list)
    exemptions: list = field(default_factory=list)

    def __post_init__(self):
        AlertRule.objects.all().delete()
        RepAlertRule.objects.all().delete()
        self.rooms = []
        for parent in PARENTS:
            self.rooms.append(DepartmentFactory(parent=None if parent is None else self.rooms[parent]))
        self.departments = [None, 0, 1, 2, 3, 4, 3, 1]  # of the reps
        self.reps = [
            UserFactory(department=None if room is None else self.rooms[room]) for room in self.departments
        ]
        self.channels = [DictionaryFactory(kind="channel") for _ in range(3)]
        self.tags = [Tag.objects.create(name=f"tag {n}") for n in range(3)]

    def found(self, now):
        for _ in range(SHOPS):
            self.shops.append(self.new_shop(local_day(now)))
        rows = [Customer(code=f"C{n}", name=f"shop {n}", **self.columns(s)) for n, s in enumerate(self.shops)]
        self.rows = Customer.objects.bulk_create(rows)
        self.write_tags(range(SHOPS))
        for number in range(SHOPS):
            for _ in range(self.random.randint(0, 3)):
                self.happen(number, now)
        self.store()

    def new_shop(self, today):
        pick = self.random
        owner = None if pick.random() < 0.06 else pick.randrange(len(self.reps))
        return Shop(
            created_on=today - pick.randint(0, 20) * DAY,
            received_on=None if owner is None else today - pick.randint(-1, 20) * DAY,
            owner=owner,
            level=pick.choice(["", "A", "B", "C"]),
            channel=pick.choice([None, 0, 1, 2]),
            tags={tag for tag in range(3) if pick.random() < 0.2},
            inactive=pick.random() < 0.04,
            exempt=pick.random() < 0.04,
        )

    def columns(self, shop):
        return {
            "owner": None if shop.owner is None else self.reps[shop.owner],
            "level": shop.level,
            "channel": None if shop.channel is None else self.channels[shop.channel],
            "status": "inactive" if shop.inactive else "active",
            "alerts_exempt": shop.exempt,
            "created_on": shop.created_on,
            "received_on": shop.received_on,
        }

    def write_tags(self, numbers):
        link = Customer.tags.through
        link.objects.filter(customer_id__in=[self.rows[n].pk for n in numbers]).delete()
        link.objects.bulk_create(
            link(customer_id=self.rows[n].pk, tag_id=self.tags[tag].pk)
            for n in numbers
            for tag in self.shops[n].tags
        )

    def happen(self, number, now):
        """One event of the last two weeks; visits cluster around midnight in Shanghai (16:00 UTC)."""
        shop, pick = self.shops[number], self.random
        back = pick.randint(0, 14)
        what = pick.choice(["visit", "visit", "order", "issue"])
        if what == "visit":
            moment = now - back * DAY - dt.timedelta(seconds=pick.randint(0, 240))
            shop.visits.append((moment, pick.random() < 0.8))
        elif what == "order":
            shop.orders.append((local_day(now) - back * DAY, pick.random() < 0.8))
        else:
            shop.issues.append((local_day(now) - back * DAY, pick.random() < 0.8))

    def store(self):
        """Write the records anew, as the doors of the product leave them, and let the nightly check sum them up."""
        for model in (Visit, Delivery, SalesOrder):
            rows = model.objects.all()
            rows._raw_delete(rows.db)  # without looking for what hangs on them: nothing does
        visits, orders, deliveries = [], [], []
        for number, shop in enumerate(self.shops):
            customer = self.rows[number]
            visits += [
                self.visit(customer, n, moment, is_valid) for n, (moment, is_valid) in enumerate(shop.visits)
            ]
            orders += [
                SalesOrder(
                    number=uuid.uuid4().hex,
                    customer=customer,
                    ordered_on=day,
                    status="submitted" if counts else self.random.choice(["cancelled", "draft"]),
                )
                for day, counts in shop.orders
            ]
            deliveries += [(customer, day, counts) for day, counts in shop.issues]
        Visit.objects.bulk_create(visits)
        SalesOrder.objects.bulk_create(orders)
        self.deliver(deliveries)
        check_last_events()

    def visit(self, customer, sequence, moment, is_valid):
        # One that was begun and never ended is closed as forgotten in the end: no check-out, no open visit of the rep.
        return Visit(
            rep=self.reps[0],
            customer=customer,
            day=business_day(moment),
            sequence=sequence + 1,
            status="closed",
            outcome="visited" if is_valid else "forgotten",
            check_in_at=moment,
            check_in_received_at=moment,
            check_out_at=moment + dt.timedelta(minutes=5) if is_valid else None,
            fence="no_location",
        )

    def deliver(self, issues):
        # An order that does not count as one, so that the history of orders stays what the shop says.
        orders = SalesOrder.objects.bulk_create(
            SalesOrder(number=uuid.uuid4().hex, customer=customer, ordered_on=day, status="draft")
            for customer, day, _counts in issues
        )
        Delivery.objects.bulk_create(
            Delivery(
                number=uuid.uuid4().hex,
                order=order,
                customer=customer,
                issued_on=day,
                due_on=day,
                amount=1,
                status="posted" if counts else "reversed",
                reversed_on=None if counts else day,
                reversal_reason="" if counts else "wrong",
            )
            for order, (customer, day, counts) in zip(orders, issues, strict=True)
        )

    # --- what changes
    def make_rules(self, today):
        pick = self.random
        AlertRule.objects.all().delete()
        self.rules = [self.rule(today, n) for n in range(pick.randint(6, 12))]
        # A general one for each kind but the last, so that most customers are judged.
        general = {"level": "", "department": None, "is_enabled": True, "channel": None, "tag": None}
        for rule in self.rules[:2]:
            rule.update(general, starts_on=None, ends_on=None)
        for rule in self.rules:
            columns = dict(rule)
            for name, rows in (("department", self.rooms), ("channel", self.channels), ("tag", self.tags)):
                columns[name] = None if rule[name] is None else rows[rule[name]]
            AlertRule.objects.create(**columns)

    def rule(self, today, number):
        pick = self.random

        def maybe(share, value):
            return value if self.extended and pick.random() < share else None

        return {
            "kind": KINDS[number % 3],
            "period_days": pick.randint(1, 12),
            "level": pick.choice(["", "", "A", "B"]),
            "department": pick.choice([None, None, 0, 1, 2, 3, 4]),
            "is_enabled": pick.random() < 0.85,
            "channel": maybe(0.3, pick.randrange(3)),
            "tag": maybe(0.3, pick.randrange(3)),
            "working_days": bool(maybe(0.4, True)),
            "starts_on": maybe(0.2, today + pick.randint(-2, 2) * DAY),
            "ends_on": maybe(0.2, today + pick.randint(2, 4) * DAY),
        }

    def make_exemptions(self, today):
        pick = self.random
        AlertExemption.objects.all().delete()
        if not self.extended:
            return
        self.exemptions = []
        for what in ("level", "tag", *["shop"] * 20):
            row = {"kind": pick.choice(["", *KINDS]), "level": "", "tag": None, "shop": None}
            row["until"] = pick.choice([None, today, today - DAY, today + DAY])
            row[what] = {"level": "C", "tag": 2, "shop": pick.randrange(SHOPS)}[what]
            self.exemptions.append(row)
            AlertExemption.objects.create(
                kind=row["kind"],
                level=row["level"],
                tag=None if row["tag"] is None else self.tags[row["tag"]],
                customer=None if row["shop"] is None else self.rows[row["shop"]],
                until=row["until"],
                reason="test",
            )

    def live(self, now):
        """Some customers are visited, order, cancel, change hands, level, tags, or go inactive."""
        pick, today = self.random, local_day(now)
        touched = pick.sample(range(SHOPS), SHOPS // 4)
        for number in touched:
            shop = self.shops[number]
            match pick.randrange(7):
                case 0 | 1:
                    self.happen(number, now)
                case 2:
                    shop.orders = [(day, not counts) for day, counts in shop.orders]
                    shop.issues = [(day, False) for day, _counts in shop.issues]
                case 3:
                    shop.owner = pick.choice([None, *range(len(self.reps))])
                    shop.received_on = None if shop.owner is None else today
                case 4:
                    shop.level = pick.choice(["", "A", "B", "C"])
                    shop.channel = pick.choice([None, 0, 1, 2])
                case 5:
                    shop.tags = {tag for tag in range(3) if pick.random() < 0.4}
                case 6:
                    shop.inactive, shop.exempt = pick.random() < 0.3, pick.random() < 0.3
        for number in touched:
            columns = self.columns(self.shops[number])
            for name, value in columns.items():
                setattr(self.rows[number], name, value)
            Customer.objects.filter(pk=self.rows[number].pk).update(**columns)
        self.write_tags(touched)
        self.store()

    # --- both say
    def agree(self, now):
        today = local_day(now)
        numbers = {row.pk: number for number, row in enumerate(self.rows)}
        found = {
            (numbers[customer], kind): (base, due_on)
            for customer, kind, base, due_on in Alert.objects.filter(closed_on__isnull=True).values_list(
                "customer_id", "kind", "base_on", "due_on"
            )
        }
        wanted = oracle(self.shops, self.rules, self.exemptions, self.departments, today)
        assert found.keys() - wanted.keys() == set()
        assert wanted.keys() - found.keys() == set()
        assert found == wanted
        owners = dict(Alert.objects.filter(closed_on__isnull=True).values_list("customer_id", "owner_id"))
        assert owners == {row.pk: row.owner_id for row in self.rows if row.pk in owners}
        return len(wanted)


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize(("seed", "extended"), [(1, False), (2, True)], ids=["§3", "with channels and tags"])
def test_the_engine_agrees_with_the_oracle(seed, extended):
    company = Company(Random(seed), extended)
    assert Department.objects.count() >= len(PARENTS)
    assert User.objects.filter(pk__in=[rep.pk for rep in company.reps]).count() == len(company.departments)
    assert Dictionary.objects.filter(pk__in=[row.pk for row in company.channels]).count() == 3
    now = START
    company.found(now)
    company.make_rules(local_day(now))
    company.make_exemptions(local_day(now))
    compute_alerts(today=business_day(now), full=True)
    counts = [company.agree(now)]
    # The same evening: only who changed is judged, and it comes to the same.
    company.live(now)
    assert judge_changes(today=business_day(now)).mode == "changes"
    counts.append(company.agree(now))
    assert compute_alerts(today=business_day(now), full=True).counts == {}  # a full run finds nothing else
    # Four minutes later it is tomorrow in Shanghai and still today in UTC.
    now += dt.timedelta(minutes=4)
    assert local_day(now) == local_day(START) + DAY
    compute_alerts(today=business_day(now), full=True)
    counts.append(company.agree(now))
    # Rules are switched: the minute's job finds it out by itself and judges everybody.
    company.live(now)
    company.make_rules(local_day(now))
    company.make_exemptions(local_day(now))
    assert judge_changes(today=business_day(now)).mode == "full"
    counts.append(company.agree(now))
    assert compute_alerts(today=business_day(now)).counts == {}
    now += DAY
    compute_alerts(today=business_day(now), full=True)
    counts.append(company.agree(now))
    # Not a test of nothing: many are open, many are not.
    assert all(SHOPS // 10 < count < SHOPS * 3 - SHOPS // 10 for count in counts), counts
