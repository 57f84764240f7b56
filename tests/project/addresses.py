"""Every address of the product, and the object whose key stands in it: the demo company's first rep's.

`KEYS` has an entry for each converter of an address, found by the address up to and with that converter. An address
with a key that is not listed fails tests/project/test_every_address.py: say there whose object it is.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import Department, Role, SavedView, User
from alerts.models import Alert, AlertExemption, AlertRule, AlertRun, AlertSnooze, BacktestRun
from comms.models import Announcement, Notification
from comms.services.threads import start_thread
from crm import models as crm
from crm.services.merges import merge_customers
from reports import models as reports
from sales import models as sales
from team import models as team
from team.services.schedule_feed import token_hash
from territory import models as territory
from tests.factories import CustomerFactory
from visits import models as visits

Key = Callable[[User, tuple], Any]  # (whose, the keys before it) → the key
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")


def _mine(model: type[Model], rep: str = "rep", /, **more: Any) -> Key:
    """The first row of the person; where the demo company has none, the first is made his."""

    def key(user: User, _before: tuple) -> int:
        rows = model._default_manager.order_by("pk")
        row = rows.filter(**{rep: user}, **more).first()
        if row is None:
            row = rows.filter(**more).first()
            assert row is not None, f"the demo company has no {model._meta.label} {more}"
            model._default_manager.filter(pk=row.pk).update(**{rep: user})
        return row.pk

    return key


def _any(model: type[Model], **more: Any) -> Key:
    return lambda _user, _before: model._default_manager.filter(**more).order_by("pk").first().pk


def _below(model: type[Model], parent: str) -> Key:
    """The first row that belongs to the object whose key stands before."""
    return lambda _user, before: (
        model._default_manager.filter(**{parent: before[0]}).order_by("pk").first().pk
    )


def _said(text: str) -> Key:
    return lambda _user, _before: text


def _upload(_user: User, _before: tuple) -> uuid.UUID:
    return uuid.UUID(int=7)


def _token(_user: User, _before: tuple) -> str:
    return crm.LeadChannel.objects.order_by("pk").first().token


def _today(_user: User, _before: tuple) -> str:
    return timezone.localdate().isoformat()


_customer = _mine(crm.Customer, "owner", status="active")
_visit = _mine(visits.Visit)
_order = _mine(sales.SalesOrder)
_lead_bulk = _mine(crm.BulkJob, "created_by", kind="lead_stage")

KEYS: dict[str, Key] = {
    "/views/<int:pk>/": _mine(SavedView, "user"),
    "/messages/<int:pk>/": _mine(Notification, "recipient"),
    "/threads/<int:pk>/": lambda user, _before: user.threads.filter(subject="测试").first().pk,
    "/announcements/<int:pk>/": _mine(Announcement, "author"),
    # reports
    "/reports/<slug:code>/": _said("performance"),
    "/dashboard/cards/<slug:code>/": _said("performance"),
    "/reports/scheduled/<int:pk>/": _mine(reports.ScheduledReport, "owner"),
    # customers
    "/customers/<int:pk>/": _customer,
    "/customers/<int:pk>/cell/<slug:field>/": _said("level"),
    "/customers/<int:pk>/contacts/<int:contact_pk>/": _below(crm.Contact, "customer"),
    "/customers/<int:pk>/share/<int:share_pk>/": _below(crm.CustomerShare, "customer"),
    "/customers/merges/<int:pk>/": _mine(crm.Merge, "by"),
    "/customers/bulk/<int:pk>/": _mine(crm.BulkJob, "created_by", kind="change"),
    "/customers/bulk/<slug:kind>/": _said("release"),
    "/customers/imports/<int:pk>/": _mine(crm.ImportJob, "created_by"),
    "/pool/<int:pk>/": _any(crm.Customer, owner=None, status="active"),
    "/pool/rules/<int:pk>/": _any(crm.PoolRule),
    "/follow-ups/<int:pk>/": _mine(crm.FollowUp, customer__isnull=False),
    "/follow-ups/photos/<int:pk>/": _mine(crm.FollowUpPhoto, "follow_up__rep"),
    "/competitors/<int:pk>/": _mine(crm.CompetitorSighting),
    # leads
    "/leads/<int:pk>/": _mine(crm.Lead, "owner"),
    "/leads/bulk/<int:pk>/": _lead_bulk,
    "/leads/imports/<int:pk>/": _mine(crm.LeadImport, "created_by"),
    "/leads/channels/<int:pk>/": _any(crm.LeadChannel),
    "/leads/captured/<int:pk>/": _any(crm.CapturedLead),
    "/hooks/leads/<str:token>/": _token,
    "/forms/leads/<str:token>/": _token,
    # sales
    "/orders/<int:pk>/": _order,
    "/orders/imports/<int:pk>/": _mine(sales.OrderImport, "created_by"),
    "/quotes/<int:pk>/": _mine(sales.Quote),
    "/agreements/<int:pk>/": _mine(sales.Agreement),
    "/agreements/files/<int:pk>/": lambda user, _before: (
        sales.AgreementFile.objects.filter(agreement__rep=user).first().pk
    ),
    "/deliveries/<int:pk>/": _mine(sales.Delivery),
    "/receipts/<int:pk>/": _mine(sales.Receipt),
    "/returns/<int:pk>/": _mine(sales.SalesReturn),
    "/refunds/<int:pk>/": _mine(sales.Refund),
    "/bills/<int:pk>/": _mine(sales.Bill),
    "/allocations/<int:pk>/": lambda user, _before: (
        sales.Allocation.objects.filter(bill__rep=user).order_by("pk").first().pk
    ),
    "/costs/<int:pk>/": _mine(sales.CostEntry),
    "/finance/<int:pk>/": lambda user, _before: (
        sales.FinanceSlip.objects.filter(rep=user, customer__owner=user).order_by("pk").first().pk
    ),
    "/locations/<int:pk>/": _mine(sales.StockLocation),
    "/stock-documents/<int:pk>/": _mine(sales.StockDocument),
    "/settlements/<int:pk>/": _mine(sales.DaySettlement),
    "/van/orders/<int:pk>/": _order,
    "/products/<int:pk>/": _any(sales.Product),
    "/products/<pk>/": _any(sales.Product),
    "/products/<pk>/picture/<size>/": _said("small"),
    "/products/categories/<int:pk>/": _any(sales.ProductCategory),
    "/products/price-lists/<int:pk>/": _any(sales.PriceList),
    "/products/price-lists/<int:pk>/lines/<int:line_pk>/": _below(sales.PriceListLine, "price_list"),
    "/products/gifts/<int:pk>/": _any(sales.GiftRule),
    # visits
    "/daily-reports/<int:pk>/": _mine(visits.DailyReport),
    "/visit-plans/<int:pk>/": _mine(visits.VisitPlan),
    "/tasks/<int:pk>/": _mine(visits.VisitTask),
    "/visits/<int:pk>/": _visit,
    "/visits/<int:pk>/stock-count/<int:report_pk>/": _below(visits.ShelfCount, "visit"),
    "/visits/<int:pk>/forms/<int:form_pk>/": _any(visits.CustomForm),
    "/visits/check-in/<int:customer_pk>/": _customer,
    "/visits/photos/<int:pk>/": _mine(visits.VisitPhoto, "visit__rep"),
    "/visits/uploads/<uuid:uuid>/": _upload,
    "/visits/phrases/<int:pk>/": _mine(visits.Phrase, "user"),
    "/photo-wall/<int:pk>/": _mine(visits.VisitPhoto, "visit__rep"),
    # schedule; the token is what complete_demo() made the hash of
    "/schedule/<int:pk>/": _mine(team.ScheduleEntry, "owner", rule=""),
    "/schedule/feed/<str:token>/": lambda user, _before: f"token-of-{user.pk}",
    # supervision
    "/supervision/<int:rep_pk>/": lambda user, _before: user.pk,
    "/supervision/<int:rep_pk>/<str:day>/": _today,
    "/instructions/<int:pk>/": _mine(team.Instruction, "person"),
    "/instructions/visits/<int:pk>/": _visit,
    "/instructions/follow-ups/<int:pk>/": _mine(crm.FollowUp, customer__isnull=False),
    "/instructions/orders/<int:pk>/": _order,
    "/instructions/days/<int:rep_pk>/": lambda user, _before: user.pk,
    "/instructions/days/<int:rep_pk>/<str:day>/": _today,
    # work reports
    "/work-reports/<int:pk>/": _mine(team.WorkReport, "person", kind="week"),
    "/work-reports/files/<int:pk>/": _mine(team.WorkReportFile, "report__person"),
    "/work-reports/templates/<slug:role>/": _said("rep"),
    "/work-reports/templates/<slug:role>/<slug:kind>/": _said("week"),
    # documents
    "/documents/<int:pk>/": _mine(team.Document, "author"),
    "/documents/<int:pk>/versions/<int:number>/": lambda _user, _before: 1,
    "/documents/pictures/<int:pk>/": _mine(team.DocumentPicture, "created_by"),
    "/documents/files/<int:pk>/": _mine(team.DocumentFile, "created_by"),
    "/documents/folders/<int:pk>/": _any(team.Folder),
    # customer tasks
    "/customer-tasks/<int:pk>/": _mine(team.CustomerTask, "assignee", status="doing"),
    "/customer-tasks/<int:pk>/steps/<int:step_pk>/": _below(team.TaskStep, "task"),
    "/customer-tasks/<int:pk>/contacts/<int:contact_pk>/": _below(team.TaskContact, "task"),
    "/customer-tasks/<int:pk>/shares/<int:share_pk>/": _below(team.TaskShare, "task"),
    "/customer-tasks/files/<int:pk>/": _mine(team.TaskContactFile, "contact__author"),
    # territory, alerts
    "/map/customers/<int:pk>/": _customer,
    "/map/unlocated/<int:pk>/": _customer,
    "/map/look-ups/<int:pk>/": _mine(crm.GeocodeJob, "created_by"),
    "/routes/<int:pk>/": _mine(territory.Route),
    "/routes/<int:pk>/stops/<int:stop_pk>/": _below(territory.RouteStop, "route"),
    "/routes/<int:pk>/suggestion/<int:suggestion_pk>/": _below(territory.RouteSuggestion, "route"),
    "/territories/<int:pk>/": _mine(territory.TerritoryScenario, "created_by"),
    "/tour-plans/<int:pk>/": _mine(territory.TourPlan, "created_by"),
    "/tour-plans/<int:pk>/reps/<int:rep_pk>/": lambda user, _before: user.pk,
    "/tour-plans/<int:pk>/customers/<int:shop_pk>/": _below(territory.TourPlanShop, "plan"),
    "/tracks/devices/<int:pk>/": _mine(territory.TrackingDevice),
    "/alerts/runs/<int:pk>/": _any(AlertRun),
    "/alerts/rules/<int:pk>/": _any(AlertRule),
    "/alerts/rules/new/<str:kind>/": lambda _user, _before: "unvisited",
    "/alerts/exemptions/<int:pk>/": lambda _user, _before: (
        AlertExemption.objects.get_or_create(level="C", reason="no alerts")[0].pk
    ),
    "/alerts/backtest/<int:pk>/": _any(BacktestRun),
    "/alerts/<int:pk>/": _mine(Alert, "owner", closed_on=None),
    "/alerts/reps/<int:pk>/": lambda user, _before: user.pk,
    "/alerts/snoozes/<uuid:batch>/": lambda user, _before: AlertSnooze.objects.filter(by=user).first().batch,
}


@dataclass(frozen=True)
class Address:
    """One line of the URLconf: its path with `<converter:name>`s, and which key each of them wants."""

    path: str

    @property
    def prefixes(self) -> list[str]:
        """The path up to and with each converter: what KEYS is asked for."""
        return [self.path[: found.end()] + "/" for found in _CONVERTER.finditer(self.path)]

    def of(self, user: User) -> str:
        """The address of this person's object."""
        keys: tuple = ()
        for prefix in self.prefixes:
            keys += (KEYS[prefix](user, keys),)
        rest = iter(keys)
        return _CONVERTER.sub(lambda _found: str(next(rest)), self.path)


def every_address() -> list[Address]:
    """All but those of Django admin, which has its own permissions and tests."""
    return [Address(path) for path in _paths(get_resolver().url_patterns) if not path.startswith("/admin/")]


def _paths(found: list, prefix: str = "/") -> Iterator[str]:
    for pattern in found:
        path = prefix + _GROUP.sub(r"<\1>", str(pattern.pattern)).replace("/^", "/").strip("^$")
        if isinstance(pattern, URLResolver):
            yield from _paths(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path


def complete_demo(*owners: User) -> None:
    """What the demo company does not have, made for each of these reps."""
    today, now = timezone.localdate(), timezone.now()
    channel = crm.LeadChannel.objects.order_by("pk").first()
    crm.CapturedLead.objects.create(channel=channel, body='{"name": "老王超市", "phone": "13800138000"}')
    boss = User.objects.get(username="boss")
    in_pool = crm.Customer.objects.filter(status="active").order_by("pk").last()
    crm.Customer.objects.filter(pk=in_pool.pk).update(owner=None, received_on=None, pooled_at=now)
    for user in owners:
        first, second = crm.Customer.objects.filter(owner=user, status="active").order_by("pk")[:2]
        SavedView.objects.create(user=user, page="/customers/", name="我的", query="level=A")
        Notification.objects.create(recipient=user, kind="system", title="通知", url="/customers/")
        start_thread(actor=user, subject="测试", body="在吗", people=[boss.pk])
        mine = Announcement.objects.create(
            author=user, title="通知", body="给我自己", starts_on=today, audience="people", must_confirm=True
        )
        mine.people.add(user)
        crm.CustomerShare.objects.create(customer=first, user=User.objects.get(username="office"))
        crm.Contact.objects.get_or_create(customer=first, name="老板娘")
        twin = CustomerFactory(owner=user)
        merge_customers(actor=boss, keep=second.pk, merge=twin.pk)
        for kind, subject in (
            ("change", {"customer": first}),
            ("lead_stage", {"lead": crm.Lead.objects.order_by("pk").first()}),
        ):
            job = crm.BulkJob.objects.create(
                kind=kind, created_by=user, params={"stage": "contacted"}, state="done", total=1, changed=1
            )
            job.items.create(changed=True, **subject)
        for model in (crm.ImportJob, crm.LeadImport):
            model.objects.create(created_by=user, file_name="客户.xlsx", preview={"columns": []})
        sales.OrderImport.objects.create(created_by=user, file_name="订单.xlsx", preview={"columns": []})
        look_up = crm.GeocodeJob.objects.create(
            created_by=user, provider="amap", state="done", total=1, done=1
        )
        look_up.items.create(customer=first, asked="望江西路1号", outcome="nothing")
        task = team.CustomerTask.objects.filter(assignee=user, status="doing").order_by("pk").first()
        task.shares.create(user=User.objects.get(username="office"))
        team.ScheduleFeed.objects.create(
            person=user, token_hash=token_hash(f"token-of-{user.pk}"), token_hint="toke"
        )
        talk = task.contacts.order_by("pk").first()
        talk.files.create(file="customer-tasks/none.pdf", name="单.pdf", size=3)
        follow_up = crm.FollowUp.objects.filter(rep=user, customer__isnull=False).order_by("pk").first()
        crm.FollowUpPhoto.objects.create(follow_up=follow_up, image="follow-ups/none.jpg", sha256="0" * 64)
        agreement = sales.Agreement.objects.filter(rep=user).order_by("pk").first()
        sales.AgreementFile.objects.create(
            agreement=agreement,
            name="合同.pdf",
            size=3,
            file=ContentFile(b"pdf", name="contract.pdf"),
            created_by=user,
        )
        route = territory.Route.objects.filter(rep=user).order_by("pk").first()
        stops = list(route.stops.values_list("pk", flat=True))
        territory.RouteSuggestion.objects.create(
            route=route,
            state="done",
            seen=stops,
            order=stops[::-1],
            before_m=2000,
            after_m=1000,
            created_by=user,
        )
        # What a rep's scenario would be like, if his role let him make one.
        scenario = territory.TerritoryScenario.objects.create(
            name="片区", created_by=user, state="ready", heartbeat_at=now
        )
        scenario.reps.create(rep=user, number=0)
        scenario.customers.create(customer=first, owner=user, rep=user, place=0, weight=1)
        plan = territory.TourPlan.objects.create(
            name="排线", starts_on=today, ends_on=today, created_by=user, state="ready"
        )
        plan.reps.create(rep=user)
        tour = territory.Tour.objects.create(plan=plan, rep=user, date=today)
        tour.stops.create(shop=plan.shops.create(customer=first), position=1)
        territory.TrackingDevice.objects.create(
            rep=user, name="手机", app="traccar", token_hash=f"{user.pk:064}", token_hint="0001"
        )
        visits.VisitPlan.objects.get_or_create(
            rep=user, customer=first, defaults={"weekdays": "1", "starts_on": today}
        )
        visits.Phrase.objects.create(user=user, use="visit", text="货架整齐")
        reports.ScheduledReport.objects.create(name="周报", report="performance", owner=user)
        report = team.WorkReport.objects.filter(person=user, kind="week").order_by("pk").first()
        report.files.create(name="表.pdf", size=3, file=ContentFile(b"pdf", name="a.pdf"))
        own = team.Document.objects.create(
            folder=team.Folder.objects.order_by("pk").first(),
            title="只给我的",
            body_html="<p>字</p>",
            author=user,
            updated_by=user,
            for_all=False,
            must_read=True,
            status="published",
            published_at=now,
        )
        own.versions.create(number=1, title=own.title, body_html=own.body_html, by=user)
        own.files.create(
            name="说明.txt", suffix="txt", size=3, file=ContentFile(b"txt", name="a.txt"), created_by=user
        )
        own.pictures.create(image=ContentFile(b"jpg", name="a.jpg"), sha256="0" * 64, created_by=user)
        visit = visits.Visit.objects.filter(rep=user).order_by("pk").first()
        visits.ShelfCount.objects.create(
            visit=visit,
            customer=visit.customer,
            rep=user,
            day=today,
            occurred_at=now,
            client_uuid=uuid.uuid4(),
        )
        visits.VisitPhoto.objects.create(visit=visit, image="visits/none.jpg", taken_at=now)


def stranger(role: str) -> User:
    """Somebody of a role, in a department of his own: nobody's superior, nothing of his own."""
    return User.objects.create(
        username=f"stranger-{role}",
        name="外人",
        role=Role.objects.get(code=role),
        department=Department.objects.create(name=f"外地{role}"),
        tracking_notice_at=timezone.now(),
    )
