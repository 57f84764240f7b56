"""What people write to each other, and what the company wants everybody to know."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from common.business_calendar import business_day
from comms.enums import Audience
from comms.models import Announcement
from comms.services.announcements import confirm, publish
from comms.services.threads import mark_thread_read, reply, start_thread

_RULES = """各位同事：

一、每次拜访须在门店 300 米内打卡，门头照当场拍摄。
二、缺货、临期当天上报，第二天上午由内勤回复。
三、货款当日交财务，不得隔夜。

请看完后点“我已阅读”。"""
# days ago, whether the office wrote it, title, text
_NEWS = (
    (6, True, "新价目表已上线", "便利店渠道饮料下调 5%，开单时系统自动带价，无需手改。"),
    (12, False, "三季度优秀业务员", "恭喜销售二部包揽前两名，月底例会颁奖。"),
    (20, True, "车辆年检通知", "两台送货车 15 日上午年检，当天装车改到下午。"),
)


def make_messages(team: list[User], now: dt.datetime) -> None:
    """Through the services: one conversation of each team with answers, an announcement half of whom confirmed."""
    boss = User.objects.get(username="boss")
    office = User.objects.get(username="office")
    morning = now - dt.timedelta(hours=3)
    today = business_day(now)
    for leader in User.objects.filter(subordinates__in=team).exclude(pk=boss.pk).distinct().order_by("pk"):
        reps = [rep for rep in team if rep.superior_id == leader.pk]
        thread = start_thread(
            actor=leader,
            subject="本周新品铺货",
            body="新到的苏打水每家先铺两箱，陈列照片发上来。\n有困难的店今天下班前告诉我。",
            people=[rep.pk for rep in reps],
            now=morning,
        )
        first = reps[0]
        mark_thread_read(user=first, thread=thread, now=morning + dt.timedelta(minutes=6))
        reply(actor=first, thread=thread, body="收到，今天能铺五家。", now=morning + dt.timedelta(minutes=8))
        mark_thread_read(user=leader, thread=thread, now=morning + dt.timedelta(minutes=15))
        reply(actor=leader, thread=thread, body="好，晚上看照片。", now=morning + dt.timedelta(minutes=16))
    _leaders(boss, office, now)
    rules = Announcement(
        title="拜访与收款纪律", body=_RULES, starts_on=today, pinned=True, must_confirm=True, author=boss
    )
    publish(actor=boss, announcement=rules, chosen={}, now=morning)
    for rep in team[::2]:
        confirm(user=rep, announcement=rules, now=morning + dt.timedelta(minutes=30))
    notice = Announcement(
        title="月底盘点，30 日下午停止发货",
        body="30 日 14:00 起仓库盘点，当天的订单请在上午提交。",
        starts_on=today,
        ends_on=today + dt.timedelta(days=7),
        audience=Audience.ALL,
        author=office,
    )
    publish(actor=office, announcement=notice, chosen={}, now=morning)
    for days, by_office, title, body in _NEWS:
        begun = now - dt.timedelta(days=days)
        news = Announcement(
            title=title, body=body, starts_on=business_day(begun), author=office if by_office else boss
        )
        publish(actor=news.author, announcement=news, chosen={}, now=begun)


def _leaders(boss: User, office: User, now: dt.datetime) -> None:
    """What the boss writes to his leaders, and finance to those whom it concerns."""
    finance = User.objects.get(username="finance")
    leaders = list(User.objects.filter(superior=boss, username__startswith="manager").order_by("pk"))
    for days, writer, people, subject, body, answer in (
        (
            1,
            boss,
            [*leaders, finance],
            "月底回款冲刺",
            "本月回款还差两成，明天下班前把逾期前十的跟进情况发我。",
            "已安排，明天上午先跑三家。",
        ),
        (
            2,
            finance,
            [leaders[0], office],
            "缺签收单",
            "上周有三张出库单没有客户签收，请补拍。",
            "下午让业务员补上。",
        ),
        (
            4,
            office,
            [finance, boss],
            "盘点安排",
            "30 日下午盘点，仓库停发半天，请确认人手。",
            "可以，财务出一个人。",
        ),
    ):
        begun = now - dt.timedelta(days=days, hours=2)
        thread = start_thread(
            actor=writer, subject=subject, body=body, people=[person.pk for person in people], now=begun
        )
        reply(actor=people[0], thread=thread, body=answer, now=begun + dt.timedelta(minutes=40))
