"""What leaders wrote on the days, visits, follow-ups and orders of their reps, and what came back."""

from __future__ import annotations

import datetime as dt
from random import Random

from accounts.models import User
from common.business_calendar import business_day
from crm.models import FollowUp
from sales.models import SalesOrder
from team.queries.instructions import Target
from team.services.instructions import answer_instruction, give_instruction, mark_read, set_done
from visits.models import Visit

ON_DAYS = (
    "上午只跑了两家，明天把漏掉的补上。", "今天节奏很好，保持。", "收款偏少，月底前把逾期的三家谈下来。", "明天先去最远的那一片。",
)  # fmt: skip
ON_VISITS = (
    "堆头位置不错，照片再拍近一点。",
    "在店时间太短，下次和老板把陈列谈完再走。",
    "竞品换了价签，回来把价格报给我。",
)
ON_FOLLOW_UPS = ("约好的时间别忘了，去之前再打个电话。", "这家可以给一次首单优惠，先问清楚用量。")
ON_ORDERS = ("数量比上月少一半，问一下原因。", "订得好，下次带上新品。")
ANSWERS = ("收到，明天上午去补。", "已经和老板谈好，下周一换陈列。", "价格已经报在竞品里了。")


def make_instructions(rng: Random, team: list[User], now: dt.datetime) -> None:
    """Through the services: of each rep one on a day and one on a piece of work; some answered, some done, some new."""
    # What was written hours ago, shortly after midnight, was about the day before.
    today = business_day(now - dt.timedelta(hours=6))
    for number, rep in enumerate(team):
        if rep.superior is None:
            continue
        for part, target in enumerate(_targets(rep, number, today)):
            given_at = now - dt.timedelta(hours=5 - part, minutes=rng.randrange(40))
            row = give_instruction(
                actor=rep.superior, target=target, text=_words(rng, target.kind), now=given_at
            )
            if (number + part) % 3 == 0:
                continue  # not seen yet
            mark_read(user=rep, instructions=[row], now=given_at + dt.timedelta(minutes=10))
            if (number + part) % 3 == 1:
                at = given_at + dt.timedelta(minutes=25)
                answer_instruction(actor=rep, instruction=row, text=rng.choice(ANSWERS), now=at)
                if part:
                    set_done(actor=rep.superior, instruction=row, done=True, now=at + dt.timedelta(minutes=5))


def _targets(rep: User, number: int, today: dt.date) -> list[Target]:
    """His latest day before today, and by turns his latest visit, follow-up or order."""
    visit = Visit.objects.filter(rep=rep, day__lt=today).order_by("-check_in_at").first()
    sources = (
        ("visit", Visit.objects.filter(rep=rep, day__lte=today).order_by("-check_in_at"), "day"),
        ("follow_up", FollowUp.objects.filter(rep=rep, customer__isnull=False, day__lte=today), "day"),
        ("order", SalesOrder.objects.counted().filter(rep=rep, ordered_on__lte=today), "ordered_on"),
    )
    kind, rows, day = sources[number % len(sources)]
    targets = [Target("day", rep, visit.day)] if visit else []
    if (row := rows.first()) is not None:
        targets.append(Target(kind, rep, getattr(row, day), row))
    return targets


def _words(rng: Random, kind: str) -> str:
    texts = {"visit": ON_VISITS, "follow_up": ON_FOLLOW_UPS, "order": ON_ORDERS}
    return rng.choice(texts.get(kind, ON_DAYS))
