"""Customer tasks of the demo company: some due today, some late, some done with marks, with steps, logs and shares."""

from __future__ import annotations

import datetime as dt
from random import Random

from accounts.models import User
from common.business_calendar import business_day, day_bounds
from crm.models import Customer, Dictionary
from team.enums import (
    CustomerTaskKind,
    CustomerTaskSource,
    CustomerTaskStatus,
    TaskContactResult,
    TaskPriority,
)
from team.models import CustomerTask
from team.services import task_contacts, task_people, task_steps, tasks
from team.services.tasks import TaskTerms

_HOUR = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)
# kind, complaint, title, steps, due in days from today, what became of it, satisfaction
_STORIES = (
    ("sales", False, "跟进双十二备货", ("报备货量", "谈陈列位", "下订单"), 2, "doing", None),
    ("service", True, "送错口味，要求换货", ("核对送货单", "安排换货", "回访确认"), 0, "open", None),
    ("revisit", False, "新品铺货两周回访", (), 1, "open", None),
    ("service", False, "冰柜不制冷，联系维修", ("拍照报修", "约师傅上门"), -3, "doing", None),
    ("revisit", False, "大客户满意度回访", (), -6, "done", 5),
    ("service", True, "到货日期太旧", ("查库存批次",), -9, "done", 3),
    ("free", False, "送台历和店招物料", (), 5, "cancelled", None),
)
# Of these each rep has some more, done in the last weeks: kind, complaint, title, weight of each satisfaction mark 1–5.
_DONE = (
    ("service", True, "瓶盖漏水，补发两箱", (1, 4, 4, 5, 3)),
    ("service", False, "更换破损价签和海报", (0, 0, 1, 4, 5)),
    ("revisit", False, "促销结束后回访动销", (0, 1, 3, 6, 4)),
    ("service", True, "送货迟到半天", (3, 5, 4, 2, 1)),
    ("sales", False, "谈端架陈列续签", (0, 0, 2, 5, 4)),
    ("revisit", False, "新店开业一月回访", (0, 0, 1, 4, 7)),
)
_LEADERS = (
    ("sales", False, "谈年度合作与返利", ("准备销量对比", "约老板面谈"), 3, "doing", None),
    ("revisit", False, "重点客户季度走访", (), 1, "open", None),
    ("service", True, "连续两次送货缺件，客户找到公司", ("查出库记录", "补货并道歉"), -4, "done", 4),
)
_TALKS = (
    ("老板说旺季要多备两成，先看价格。", "明天带报价单再去"),
    ("电话没人接，发了微信。", "下午再打"),
    ("已经换货，客户当面点清。", ""),
)
_RESULTS = (TaskContactResult.PROGRESS, TaskContactResult.NOT_REACHED, TaskContactResult.SOLVED)


def make_tasks(rng: Random, team: list[User], now: dt.datetime) -> None:
    """Through the services, so that numbers, histories and notices are as they would be."""
    methods = list(Dictionary.objects.filter(kind="follow_method", is_active=True).order_by("position", "pk"))
    for rep in team:
        customers = list(Customer.objects.filter(owner=rep, status="active").order_by("pk")[:60])
        if len(customers) < len(_STORIES):
            continue
        for story, customer in zip(_STORIES, rng.sample(customers, len(_STORIES)), strict=True):
            _tell(rng, rep, customer, story, methods, now)
        for _ in range(rng.randrange(1, 5)):
            kind, is_complaint, title, weights = rng.choice(_DONE)
            mark = rng.choices((1, 2, 3, 4, 5), weights)[0] if rng.random() < 0.85 else None
            story = (kind, is_complaint, title, (), -rng.randrange(2, 40), "done", mark)
            _tell(rng, rep, rng.choice(customers), story, methods, now)
    _leaders(rng, team, methods, now)


def _leaders(rng: Random, team: list[User], methods: list[Dictionary], now: dt.datetime) -> None:
    """What the superiors see to themselves: the largest customers and complaints that went up."""
    leaders = sorted({rep.superior for rep in team if rep.superior}, key=lambda person: person.pk)
    people = leaders + [leader.superior for leader in leaders[:1] if leader.superior]
    for person in people:
        shops = Customer.objects.filter(owner__in=team, owner__superior=person, level="A", status="active")
        if person not in leaders:
            shops = Customer.objects.filter(owner__in=team, level="A", status="active")
        for story, customer in zip(_LEADERS, shops.order_by("pk")[: len(_LEADERS)], strict=False):
            _tell(rng, person, customer, story, methods, now)


def _tell(
    rng: Random, rep: User, customer: Customer, story: tuple, methods: list[Dictionary], now: dt.datetime
) -> None:
    kind, is_complaint, title, steps, days, end, mark = story
    giver = rep.superior if rep.superior and rng.random() < 0.5 else rep
    due_at = day_bounds(business_day(now))[0] + _DAY * days + _HOUR * 18
    made_at = min(now, due_at) - _DAY * rng.randint(2, 5)
    task = tasks.create_task(
        actor=giver,
        customer=customer,
        assignee=rep,
        terms=TaskTerms(
            title=title,
            kind=CustomerTaskKind(kind),
            priority=TaskPriority.HIGH if is_complaint else TaskPriority.NORMAL,
            due_at=due_at,
            remind_minutes=120,
        ),
        steps=steps,
        source=CustomerTaskSource.COMPLAINT if is_complaint else CustomerTaskSource.MANUAL,
        is_complaint=is_complaint,
        now=made_at,
    )
    # What was due before the demo begins was told then; nobody is reminded of last week.
    if due_at < now:
        CustomerTask.objects.filter(pk=task.pk).update(
            reminded_at=due_at - 2 * _HOUR, escalated_at=due_at + _DAY
        )
    if end != "open":
        _work(rng, rep, task, methods, made_at, end, mark)
    if end == "doing" and rep.superior_id:
        colleague = User.objects.filter(superior=rep.superior, is_active=True).exclude(pk=rep.pk).first()
        if colleague is not None:
            task_people.share_task(actor=rep, task=task, user=colleague, can_write=False, now=made_at + _HOUR)


def _work(
    rng: Random,
    rep: User,
    task: CustomerTask,
    methods: list[Dictionary],
    made_at: dt.datetime,
    end: str,
    mark: int | None,
) -> None:
    steps = list(task.steps.all())
    for step in steps if end == "done" else steps[:1]:
        task_steps.tick_step(actor=rep, step=step, done=True, now=made_at + 3 * _HOUR)
    if end == "cancelled":
        tasks.set_status(
            actor=rep,
            task=task,
            status=CustomerTaskStatus.CANCELLED,
            outcome="客户已自取",
            now=made_at + _DAY,
        )
        return
    count = rng.randint(1, 2)
    for place in range(count):
        last = place == count - 1
        which = 2 if end == "done" and last else rng.randrange(2)
        text, next_step = _TALKS[which]
        task_contacts.record_contact(
            actor=rep,
            task=task,
            text=text,
            result=_RESULTS[which],
            at=made_at + _HOUR * (4 + place * 20),
            method=rng.choice(methods) if methods else None,
            next_step=next_step,
            now=made_at + _HOUR * (4 + place * 20),
        )
    if end == "done":
        tasks.set_status(
            actor=rep,
            task=task,
            status=CustomerTaskStatus.DONE,
            outcome="已解决，客户认可",
            satisfaction=mark,
            now=made_at + _DAY * rng.randint(1, 3),
        )
