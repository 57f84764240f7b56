"""What people do besides visiting: follow-ups, contacts who know each other, leads, the pool, competitors."""

import datetime as dt
import itertools
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from auditlog.models import LogEntry
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Max, OuterRef, QuerySet, Subquery

from accounts.models import User
from config.demo.captured import make_captured
from config.demo.city import GIVEN, KINDS, LUCKY, SURNAMES, ZONES
from config.demo.pool import make_pool
from crm.enums import (
    AssignMode,
    ChannelKind,
    ContactRole,
    DictionaryKind,
    LeadEventKind,
    LeadStage,
)
from crm.models import (
    Competitor,
    CompetitorSighting,
    Contact,
    Customer,
    Dictionary,
    FollowUp,
    Lead,
    LeadChannel,
    LeadContact,
    LeadEvent,
    RegionOwner,
    Tag,
)
from crm.services import index_fields

TALKS = (
    "老板说上周的水卖得快，下单前先打电话确认库存。", "新品试饮反馈不错，同意先上两箱试卖。",
    "对账无误，月底前付清上月货款。", "竞品给了买十赠一，老板想看我们有没有活动。", "约好下周二上午送陈列架。",
    "老板娘管进货，以后直接找她谈。", "店面要装修两周，装修完再补货。", "嫌配送晚，已和内勤说好改成上午送。",
    "想进一批白酒做宴席，要一份报价。", "收银员反映条码扫不出来，已记录。",
)  # fmt: skip
LEAD_TALKS = (
    "电话介绍了产品和政策，同意见面。", "到店看过，位置不错，旁边是小学。", "已加微信，发了产品目录。",
    "对价格有顾虑，想先看样品。", "老板出差，下周再联系。",
)  # fmt: skip
LOST_REASONS = ("已和别家签了独家", "准备转让店面", "电话空号", "不做这个品类")
RIVALS = (
    ("农泉山饮品", ("天然水 550ml", "1.10", "瓶")),
    ("康大食品", ("冰红茶 500ml", "2.20", "瓶")),
    ("江淮酒业", ("纯生啤酒 330ml", "4.30", "罐")),
    ("徽州粮油", ("菜籽油 5L", "66.00", "桶")),
)
TAGS = ("校园店", "社区店", "夜宵", "宴席", "重点陈列")
# How far leads have come, in the order of the stages, and how many of a hundred stand there.
STAGES = (
    (LeadStage.NEW, 34),
    (LeadStage.CONTACTED, 24),
    (LeadStage.INTERESTED, 16),
    (LeadStage.NEGOTIATING, 9),
    (LeadStage.CONVERTED, 9),
    (LeadStage.LOST, 8),
)
PATH = (LeadStage.NEW, LeadStage.CONTACTED, LeadStage.INTERESTED, LeadStage.NEGOTIATING)


def make_relations(rng: Random, reps: list[User], shops: list[Customer], now: dt.datetime) -> None:
    """Write it all; the customers' own columns are brought up to date at the end."""
    maker = _Maker(rng, reps, shops, now)
    maker.tags()
    maker.people()
    make_pool(rng, reps, shops, maker.moment)
    maker.follow_ups()
    maker.competitors()
    maker.leads()
    _last_contacts()


class _Maker:
    def __init__(self, rng: Random, reps: list[User], shops: list[Customer], now: dt.datetime) -> None:
        self.rng, self.reps, self.now = rng, reps, now
        self.today = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
        self.shops = shops
        self.owned = [shop for shop in shops if shop.owner_id]
        self.methods = self._entries(DictionaryKind.FOLLOW_METHOD)
        self.stages = self._entries(DictionaryKind.FOLLOW_STAGE)

    @staticmethod
    def _entries(kind: DictionaryKind) -> list[Dictionary]:
        return list(Dictionary.objects.filter(kind=kind).order_by("position"))

    def moment(self, days: int) -> dt.datetime:
        """Some minute of the working hours, `days` days ago, never later than now."""
        day = self.today - dt.timedelta(days=days)
        clock = dt.time(self.rng.randrange(9, 18), self.rng.randrange(60))
        at = dt.datetime.combine(day, clock, ZoneInfo(settings.TIME_ZONE))
        return min(at, self.now - dt.timedelta(minutes=self.rng.randrange(5, 90)))

    # --- customers
    def tags(self) -> None:
        tags = [Tag.objects.get_or_create(name=name)[0] for name in TAGS]
        maturity = self._entries(DictionaryKind.MATURITY)
        through = Customer.tags.through
        through.objects.bulk_create(
            through(customer_id=shop.pk, tag_id=tag.pk)
            for shop in self.shops
            for tag in self.rng.sample(tags, k=self.rng.choice((0, 0, 0, 1, 1, 2)))
        )
        for shop in self.shops:
            shop.maturity = self.rng.choice(maturity) if maturity and self.rng.random() < 0.7 else None
        Customer.objects.bulk_update(self.shops, ["maturity"], batch_size=500)

    def people(self) -> None:
        """One shop in six has a family or staff behind the counter; one owner in twelve has his birthday known."""
        main = list(Contact.objects.filter(is_primary=True, customer__in=[s.pk for s in self.shops]))
        below = []
        for contact in main:
            contact.role = ContactRole.DECIDES
            if self.rng.random() < 0.08:
                soon = self.today + dt.timedelta(days=self.rng.randrange(-60, 60))
                contact.birthday = _birthday(soon, self.rng.randrange(1962, 1998))
            if self.rng.random() < 0.16:
                below += self._staff(contact)
        Contact.objects.bulk_update(main, ["role", "birthday"], batch_size=500)
        self._entered(Contact.objects.bulk_create(below, batch_size=500))

    def _entered(self, contacts: list[Contact]) -> None:
        """As the audit log has it: who wrote them down and when, most of them in the last weeks."""
        shops = {shop.pk: shop for shop in self.owned}
        kind = ContentType.objects.get_for_model(Contact)
        LogEntry.objects.bulk_create(
            LogEntry(
                content_type=kind,
                object_pk=str(contact.pk),
                object_id=contact.pk,
                object_repr=str(contact),
                action=LogEntry.Action.CREATE,
                changes={"name": ["None", contact.name]},
                actor=shops[contact.customer_id].owner,
                timestamp=self.moment(self.rng.randrange(0, 75)),
            )
            for contact in contacts
            if contact.customer_id in shops
        )

    def _staff(self, boss: Contact) -> list[Contact]:
        jobs = (("店长", ContactRole.INFLUENCES), ("收银", ContactRole.USES), ("会计", ContactRole.PAYS))
        return [
            Contact(
                customer_id=boss.customer_id,
                name=self._person(),
                position=job,
                role=role,
                reports_to=boss,
                project="日常进货" if role == ContactRole.INFLUENCES else "",
            )
            for job, role in jobs[: self.rng.randrange(1, 4)]
        ]

    def _person(self) -> str:
        return self.rng.choice(SURNAMES) + self.rng.choice(GIVEN)

    def follow_ups(self) -> None:
        rows = []
        for shop in self.owned:
            for _ in range(self.rng.choice((0, 0, 1, 1, 2, 3))):
                since = (self.today - shop.received_on).days if shop.received_on else 0
                at = self.moment(self.rng.randrange(0, max(1, min(75, since))))
                rows.append(self._follow_up(at, self.rng.choice(TALKS), shop.owner, customer=shop))
        FollowUp.objects.bulk_create(rows, batch_size=500)

    def _follow_up(self, at: dt.datetime, text: str, rep: User | None, **about: object) -> FollowUp:
        soon = self.now + dt.timedelta(days=self.rng.randrange(-2, 12))
        next_at = soon.replace(minute=0, second=0, microsecond=0) if self.rng.random() < 0.35 else None
        return FollowUp(
            rep=rep,
            created_by=rep,
            method=self.rng.choice(self.methods),
            stage=self.rng.choice(self.stages),
            at=at,
            day=at.astimezone(ZoneInfo(settings.TIME_ZONE)).date(),
            text=text,
            next_at=next_at if next_at and next_at > at else None,
            **about,
        )

    def competitors(self) -> None:
        rivals = [(Competitor.objects.get_or_create(name=name)[0], goods) for name, goods in RIVALS]
        CompetitorSighting.objects.bulk_create(
            CompetitorSighting(
                customer=shop,
                competitor=rival,
                product=product,
                price=Decimal(price) + Decimal(self.rng.randrange(-20, 30)) / 100,
                unit=unit,
                person=self._person() if self.rng.random() < 0.4 else "",
                seen_on=self.today - dt.timedelta(days=self.rng.randrange(0, 60)),
                rep=shop.owner,
            )
            for shop in self.owned
            if self.rng.random() < 0.08
            for rival, (product, price, unit) in [self.rng.choice(rivals)]
        )

    # --- leads
    def leads(self) -> None:
        channels = self._channels()
        sources = self._entries(DictionaryKind.SOURCE)
        made = [self._lead(n, channels, sources) for n in range(max(12, len(self.shops) // 8))]
        Lead.objects.bulk_create([lead for lead, _phone, _who in made], batch_size=500)
        LeadContact.objects.bulk_create(
            [LeadContact(lead=lead, name=who, raw=phone, e164=f"+86{phone}") for lead, phone, who in made],
            batch_size=500,
        )
        events, talks = [], []
        for lead, _phone, _who in made:
            events += self._events(lead)
            if lead.owner and lead.stage != LeadStage.NEW:
                at = min(lead.created_at + dt.timedelta(hours=self.rng.randrange(2, 72)), self.now)
                talks.append(self._follow_up(at, self.rng.choice(LEAD_TALKS), lead.owner, lead=lead))
        make_captured(self.rng, channels, made, self.moment)
        LeadEvent.objects.bulk_create(events, batch_size=500)
        FollowUp.objects.bulk_create(talks, batch_size=500)

    def _channels(self) -> list[LeadChannel]:
        form, _ = LeadChannel.objects.get_or_create(
            name="官网加盟表单",
            defaults={
                "kind": ChannelKind.WEB_FORM,
                "assign_mode": AssignMode.REGION,
                "form_title": "申请成为合作门店",
                "form_intro": "留下店名和电话，业务员一个工作日内联系您。",
            },
        )
        video, _ = LeadChannel.objects.get_or_create(
            name="抖音来客", defaults={"kind": ChannelKind.DOUYIN, "assign_mode": AssignMode.POOL}
        )
        for rep in self.reps:
            region = Dictionary.objects.filter(kind=DictionaryKind.REGION, name=rep.usual_region).first()
            if region:
                RegionOwner.objects.get_or_create(region=region, user=rep)
        return [form, video]

    def _lead(self, n: int, channels: list[LeadChannel], sources: list[Dictionary]) -> tuple[Lead, str, str]:
        rng = self.rng
        zone = ZONES[n % len(ZONES)]
        _kind, endings, _weight = rng.choice(KINDS)
        street = rng.choice(zone.streets)
        phone = f"1{rng.choice('3578')}{rng.randrange(10**9):09}"
        who = self._person()
        stages, shares = zip(*STAGES, strict=True)
        # One of each first, so that no column of the funnel is empty however small the company is.
        stage = stages[n] if n < len(stages) else rng.choices(stages, shares)[0]
        channel = rng.choice([None, None, *channels])
        owner = rng.choice(self.reps) if stage != LeadStage.NEW or rng.random() < 0.5 else None
        lead = Lead(
            name=f"{rng.choice(LUCKY)}{rng.choice(endings)}（{street}新店）",
            province="安徽省",
            city="合肥市",
            district=zone.district,
            address=f"{street}{rng.randrange(1, 400)}号",
            latitude=round(zone.latitude + rng.uniform(-0.012, 0.012), 6),
            longitude=round(zone.longitude + rng.uniform(-0.012, 0.012), 6),
            region=Dictionary.objects.filter(kind=DictionaryKind.REGION, name=zone.name).first(),
            source=None if channel else rng.choice(sources),
            channel=channel,
            external_id=f"demo-{n:04}" if channel else "",
            stage=stage,
            lost_reason=rng.choice(LOST_REASONS) if stage == LeadStage.LOST else "",
            owner=owner,
            created_at=self.moment(rng.randrange(0, 50)),
            created_by=None if channel else owner,
        )
        lead.received_on = lead.created_at.astimezone(ZoneInfo(settings.TIME_ZONE)).date() if owner else None
        if stage == LeadStage.CONVERTED:
            mine = [shop for shop in self.owned if shop.owner == owner] or self.owned
            lead.customer = rng.choice(mine)
            lead.name = lead.customer.name
            lead.converted_at = min(lead.created_at + dt.timedelta(days=rng.randrange(1, 9)), self.now)
        for field, value in index_fields(code="", name=lead.name, phones=[phone], contacts=[who]).items():
            setattr(lead, field, value)
        return lead, phone, who

    def _events(self, lead: Lead) -> list[LeadEvent]:
        """How it got where it stands: made, given to somebody, moved from stage to stage."""
        at = lead.created_at
        made = LeadEventKind.CAPTURED if lead.channel_id else LeadEventKind.CREATED
        events = [LeadEvent(lead=lead, kind=made, to_user=lead.owner, to_stage=LeadStage.NEW, at=at)]
        reached = PATH.index(lead.stage) if lead.stage in PATH else self.rng.randrange(1, len(PATH))
        steps = list(PATH[: reached + 1])
        if lead.stage not in PATH:
            steps.append(LeadStage(lead.stage))
        for before, after in itertools.pairwise(steps):
            at = min(at + dt.timedelta(hours=self.rng.randrange(3, 60)), self.now)
            kind = LeadEventKind.CONVERTED if after == LeadStage.CONVERTED else LeadEventKind.STAGE
            events.append(
                LeadEvent(lead=lead, kind=kind, from_stage=before, to_stage=after, by=lead.owner, at=at)
            )
        return events


def _birthday(day: dt.date, year: int) -> dt.date:
    return day.replace(year=year, day=min(day.day, 28))


def _last_contacts() -> None:
    """The last-follow-up and next-contact columns, from the rows just written."""

    def latest(rows: QuerySet, key: str, column: str) -> Subquery:
        mine = rows.filter(**{key: OuterRef("pk")}).order_by().values(key)
        return Subquery(mine.annotate(last=Max(column)).values("last"))

    def next_of(key: str) -> Subquery:
        return Subquery(
            FollowUp.objects.filter(**{key: OuterRef("pk")}).order_by("-at", "-pk").values("next_at")[:1]
        )

    for model, key in ((Customer, "customer"), (Lead, "lead")):
        model._default_manager.update(
            last_follow_up_on=latest(FollowUp.objects.all(), key, "day"), next_contact_at=next_of(key)
        )
