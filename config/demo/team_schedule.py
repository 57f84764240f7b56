"""Everybody's schedule: the weekly meeting, appointments with customers, a training with answers, a day off."""

from __future__ import annotations

import datetime as dt
from random import Random

from django.utils import timezone

from accounts.models import User
from common.business_calendar import business_day, is_working_day
from crm.models import Customer
from team.enums import EntryVisibility, InvitationAnswer
from team.rules.schedule import Repeat
from team.services.schedule import EntryTerms, answer_invitation, create_entry, move_entry

_DAY = dt.timedelta(days=1)
APPOINTMENTS = ("谈端午堆头位置", "对账并确认回款", "送样品，谈新品上架", "看冰柜摆放", "谈下季度返利")


def make_schedule(rng: Random, team: list[User], now: dt.datetime) -> None:
    """Through the services; a repeated meeting with one moved day, so that every sort of entry is to be seen."""
    today = business_day(now)
    leaders = {person.superior for person in team if person.superior is not None}
    for leader in sorted(leaders, key=lambda person: person.pk):
        mine = [person for person in team if person.superior_id == leader.pk]
        _meetings(leader, mine, today, now)
    for person in team:
        _own(rng, person, today, now)
    _company(leaders, today, now)


def _meetings(leader: User, people: list[User], today: dt.date, now: dt.datetime) -> None:
    asked = [person.pk for person in people]
    monday = today - today.weekday() * _DAY - 14 * _DAY
    weekly = EntryTerms(
        title="部门周例会",
        place="公司会议室",
        starts_at=_at(monday, 8, 30),
        ends_at=_at(monday, 9, 30),
        repeat=Repeat("WEEKLY"),
        remind_minutes=15,
        people=asked,
    )
    meeting = create_entry(actor=leader, terms=weekly, now=now)
    for person in people:
        answer_invitation(actor=person, entry=meeting, answer=InvitationAnswer.ACCEPTED, now=now)
    moved = monday + 21 * _DAY
    move_entry(actor=leader, entry=meeting, starts_at=_at(moved + _DAY, 8, 30), day=moved, now=now)
    training = _workday(today + 2 * _DAY)
    create_entry(
        actor=leader,
        terms=EntryTerms(
            title="新品培训",
            place="仓库二楼",
            notes="请带上本月未订货客户名单。",
            starts_at=_at(training, 14),
            ends_at=_at(training, 16),
            remind_minutes=60,
            people=asked,
        ),
        now=now,
    )
    create_entry(
        actor=leader,
        terms=EntryTerms(
            title="面试",
            starts_at=_at(_workday(today), 15),
            ends_at=_at(_workday(today), 16),
            visibility=EntryVisibility.BUSY,
        ),
        now=now,
    )


def _company(leaders: set[User], today: dt.date, now: dt.datetime) -> None:
    """The boss's meetings with his leaders and finance."""
    boss, finance = User.objects.get(username="boss"), User.objects.get(username="finance")
    asked = [person.pk for person in sorted(leaders, key=lambda person: person.pk) if person != boss] + [
        finance.pk
    ]
    friday = today - today.weekday() * _DAY + 4 * _DAY - 7 * _DAY
    for title, place, day, hour, repeat, people in (
        ("经营分析会", "公司会议室", friday, 16, Repeat("WEEKLY"), asked),
        ("厂家来访，谈明年政策", "总经理办公室", _workday(today + _DAY), 10, None, asked[:1]),
        ("看望重点客户", "滨湖片区", _workday(today + 3 * _DAY), 14, None, asked[:1]),
    ):
        terms = EntryTerms(
            title=title,
            place=place,
            starts_at=_at(day, hour),
            ends_at=_at(day, hour + 1),
            repeat=repeat,
            remind_minutes=30,
            people=people,
        )
        create_entry(actor=boss, terms=terms, now=now)
    closing = _workday(today + 2 * _DAY)
    create_entry(
        actor=finance,
        terms=EntryTerms(
            title="月末结账，核对应收", starts_at=_at(closing, 9), ends_at=_at(closing, 11), remind_minutes=30
        ),
        now=now,
    )


def _own(rng: Random, person: User, today: dt.date, now: dt.datetime) -> None:
    customers = list(Customer.objects.filter(owner=person, status="active").order_by("pk")[:6])
    for n, customer in enumerate(rng.sample(customers, min(3, len(customers)))):
        day, hour = _workday(today + n * _DAY), rng.randint(10, 16)
        terms = EntryTerms(
            title=rng.choice(APPOINTMENTS),
            place=customer.name,
            customer=customer,
            starts_at=_at(day, hour),
            ends_at=_at(day, hour, 45),
            remind_minutes=30,
        )
        create_entry(actor=person, terms=terms, now=now)
    off = _workday(today + rng.randint(5, 9) * _DAY)
    create_entry(
        actor=person,
        terms=EntryTerms(
            title="调休",
            starts_at=_at(off, 0),
            ends_at=_at(off + _DAY, 0),
            is_all_day=True,
            visibility=EntryVisibility.BUSY,
        ),
        now=now,
    )


def _workday(day: dt.date) -> dt.date:
    while not is_working_day(day):
        day += _DAY
    return day


def _at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return timezone.make_aware(
        dt.datetime.combine(day, dt.time(hour, minute)), timezone.get_default_timezone()
    )
