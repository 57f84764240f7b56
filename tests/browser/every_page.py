"""Every page with the demo company, on the phone and on the desktop: opens, fits, is accessible, breaks no policy.

test_every_page_phone.py and test_every_page_desktop.py ask; they are two files so that two processes share the work.
"""

from decimal import Decimal

from django.apps import apps
from django.db.models import CharField, TextField, Value
from django.db.models.functions import Cast, Concat

from accounts.models import User
from alerts.models import Alert
from comms.models import Announcement
from config.demo import load_demo
from crm.models import Customer
from sales import services
from sales.models import (
    Agreement,
    Bill,
    CostEntry,
    DaySettlement,
    Delivery,
    FinanceSlip,
    GiftRule,
    PriceList,
    Product,
    Quote,
    Receipt,
    Refund,
    SalesOrder,
    SalesReturn,
    StockDocument,
    StockLocation,
)
from sales.rules import LineInput
from team.models import CustomerTask, Document, DocumentFile, Instruction, ScheduleEntry, WorkReport
from territory.models import Route, TerritoryScenario, TourPlan
from visits.models import CustomForm, DailyReport, Visit, VisitPhoto, VisitPlan

# Serious and critical findings fail, and each rule says of which kind its findings are: the others need not be asked.
# Contrast is judged on the accent and greys in use.
RULES = """async ([apart, contrast]) => {
  const grave = (kind) => ["serious", "critical"].includes(kind);
  const rules = {"color-contrast": {enabled: contrast}};
  for (const rule of axe._audit.rules) if (!grave(rule.impact)) rules[rule.id] = {enabled: false};
  const found = await axe.run({exclude: apart}, {resultTypes: ["violations"], rules});
  return found.violations
    .filter((v) => grave(v.impact))
    .map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(" | ")}`);
}"""
# Counts what a page still asks for, so that its fragments are there before it is judged.
COUNT_REQUESTS = """() => {
  window.pdBusy = 0;
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (...body) {
    window.pdBusy += 1;
    this.addEventListener("loadend", () => setTimeout(() => { window.pdBusy -= 1; }, 40));
    return send.apply(this, body);
  };
  const ask = window.fetch;
  window.fetch = (...what) => {
    window.pdBusy += 1;
    return ask(...what).finally(() => setTimeout(() => { window.pdBusy -= 1; }, 40));
  };
}"""
OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Maps follow a change of the window a moment later.
OVER_AFTER_TURNING = f"""async () => {{
  for (let look = 0; look < 20 && {OVER} > 0; look += 1) await new Promise((done) => setTimeout(done, 50));
  return {OVER};
}}"""
NOWHERE = "/nowhere/"
LONG = (
    "合肥市蜀山区长江西路与潜山路交叉口西北角鑫源顺发食品饮料粮油日用百货批发零售综合商行有限责任公司第三分公司"
    * 8
)
OUR_APPS = {"accounts", "crm", "visits", "territory", "sales", "team", "comms", "alerts", "reports"}
FREE_TEXTS = {"name", "title", "subject", "address", "text", "note", "notes", "reason", "summary"}

SHARED = [
    "/documents/", "/documents/?q=价格", "/documents/{document}/",
    "/", "/search/", "/search/?q=便利", "/customers/", "/customers/?q=便利", "/customers/?level=x", "/customers/new/", "/customers/{customer}/", "/customers/{customer}/edit/",
    "/today/", "/tasks/", "/tasks/new/", "/tasks/calendar/", "/tasks/calendar/?span=week", "/tasks/board/", "/tasks/planning/",
    "/visit-plans/", "/visit-plans/{visit_plan}/edit/", "/visits/", "/visits/{visit}/", "/routes/", "/routes/{route}/", "/routes/{route}/paper/", "/map/", "/map/unlocated/", "/map/white-space/", "/map/white-space/population/",
    "/tracks/", "/tracks/?rep={rep}", "/orders/", "/orders/new/", "/orders/new/?customer={customer}", "/orders/{order}/",
    "/orders/?queue=manager", "/orders/new/?copy={order}", "/orders/{order}/paper/", "/orders/{waiting}/",
    "/quotes/", "/quotes/new/?customer={customer}", "/quotes/{quote}/", "/quotes/{quote}/paper/", "/quotes/{draft}/edit/",
    "/agreements/", "/agreements/{agreement}/",
    "/deliveries/", "/deliveries/{delivery}/", "/deliveries/{delivery}/paper/", "/receipts/", "/receipts/new/?customer={customer}",
    "/receipts/{receipt}/", "/receipts/{receipt}/paper/", "/deliveries/{van_sale}/paper/",
    "/receivables/", "/products/", "/products/{product}/", "/alerts/mine/", "/alerts/mine/?off=1", "/alerts/reps/", "/alerts/reps/{rep}/", "/alerts/?view=table", "/alerts/?group=rep", "/me/",
    "/messages/", "/todo/", "/threads/", "/threads/new/", "/threads/{thread}/", "/announcements/",
    "/announcements/{announcement}/", "/notices/settings/", "/me/password/", "/nowhere/",
    "/competitors/", "/competitors/new/?customer={customer}",
    "/customers/shares/", "/customers/bulk/", "/leads/bulk/", "/leads/", "/leads/new/", "/leads/pool/", "/leads/funnel/", "/leads/bin/",
    "/follow-ups/", "/follow-ups/new/?customer={customer}", "/follow-ups/due/", "/contacts/",
    "/pool/", "/pool/soon/",
    "/stock/", "/locations/", "/stock-documents/", "/stock-documents/{stock_document}/", "/settlements/",
    "/settlements/{settlement}/", "/returns/", "/returns/{return}/", "/returns/new/?customer={customer}",
    "/returns/new/?delivery={van_sale}", "/deliveries/{van_sale}/",
    "/bills/", "/bills/?state=late&as_of=2026-01-31", "/bills/{bill}/", "/aging/", "/aging/?by=department", "/overdue/",
    "/customers/{customer}/statement/", "/customers/{customer}/collect/", "/refunds/",
    "/targets/", "/targets/completion/", "/targets/completion/?measure=visits&period=custom", "/orders/lines/",
    "/sales-query/", "/sales-query/products/", "/sales-query/days/",
    "/reports/", "/reports/performance/", "/reports/performance/?by=rep&across=level", "/reports/visit_hours/", "/reports/customer_map/", "/reports/top_customers/?chart=pie",
    "/reports/performance/rows/?measure=sold&by=rep", "/dashboard/", "/dashboard/?edit=1",
    "/visit-report/", "/visit-report/?by=customer", "/photo-wall/", "/photo-wall/{photo}/", "/daily-reports/",
    "/daily-reports/?day={report_day}&state=sent", "/daily-reports/{report}/", "/day-end/", "/day-end/?date={report_day}",
    "/work-reports/", "/work-reports/?box=team", "/work-reports/?box=mine", "/work-reports/{work_report}/", "/work-reports/{day_report}/", "/work-reports/new/?kind=month",
    "/visits/stock-counts/", "/visits/sell-out/", "/visits/displays/", "/visits/forms/", "/visits/phrases/",
    "/instructions/", "/instructions/?box=in&state=open", "/instructions/{instruction}/",
    "/supervision/{rep}/{report_day}/",
    "/schedule/", "/schedule/?span=day", "/schedule/?span=month", "/schedule/?rep={rep}", "/schedule/new/?customer={customer}", "/schedule/{entry}/",
    "/schedule/invitations/", "/schedule/feed/",
    "/customer-tasks/", "/customer-tasks/?tab=all&state=all", "/customer-tasks/new/?customer={customer}", "/customer-tasks/complaint/",
    "/customer-tasks/statistics/", "/customer-tasks/{task}/", "/customer-tasks/{task}/edit/", "/customer-tasks/{task}/contacts/",
    "/customer-tasks/{task}/people/", "/customer-tasks/{done_task}/",
]  # fmt: skip
MANAGER = [
    *SHARED, "/reports/scheduled/", "/reports/targets/", "/reports/lead_funnel/", "/work-reports/new/?kind=day", "/work-reports/missing/", "/work-reports/missing/?kind=day", "/work-reports/statistics/", "/work-reports/statistics/?kind=day", "/work-reports/templates/", "/work-reports/templates/rep/week/",
    "/documents/new/", *(f"/documents/{{document}}/{part}/" for part in ("edit", "versions", "readers")),
    "/documents/must-read/", "/documents/folders/", "/documents/folders/new/", "/documents/files/{document_file}/text/", "/supervision/", "/supervision/?day={report_day}&sort=-ordered", "/announcements/new/", "/orders/{approved}/", "/orders/{waiting}/edit/",
    "/finance/", "/finance/?state=new", "/finance/{slip}/send-back/", "/costs/", "/costs/{cost}/",
    "/costs/new/?customer={customer}", "/margins/", "/margins/?by=product", "/receipts/{receipt}/allocate/",
    "/receipts/{receipt}/reverse/", "/refunds/{refund}/", "/orders/{order}/plan/edit/?parts=3&every=1&unit=months&first=2026-12-31",
    "/customers/{customer}/terms/", "/bills/opening/", "/bills/opening/import/",
    "/agreements/new/?customer={customer}", "/pool/rules/", "/pool/rules/new/", "/pool/forecast/", "/pool/runs/",
    "/alerts/", "/customer-value/", "/customer-value/customers/", "/alerts/backtest/", "/alerts/rules/", "/alerts/rules/new/overdue/", "/alerts/exemptions/new/", "/alerts/runs/", "/tracks/live/", "/territories/", "/territories/new/", "/territories/{scenario}/", "/territories/{scenario}/edit/",
    "/tour-plans/", "/tour-plans/new/", "/tour-plans/{tour_plan}/", "/tour-plans/{tour_plan}/edit/",
    "/tour-plans/{tour_plan}/customers/", "/tour-plans/{tour_plan}/reps/{tour_rep}/", "/tour-plans/compare/?pk={tour_plan}",
    "/territories/compare/?pk={scenario}", "/customers/import/", "/orders/import/", "/customers/imports/", "/routes/new/",
    "/routes/{route}/edit/", "/routes/{route}/copy/",
    "/products/new/", "/products/import/", "/products/categories/", "/products/price-lists/",
    "/products/price-lists/new/", "/products/price-lists/{price_list}/", "/products/price-lists/{price_list}/copy/",
    "/products/price-lists/{price_list}/import/", "/products/gifts/", "/products/gifts/new/",
    "/products/gifts/{gift_rule}/",
    "/products/price-check/?customer={customer}&product={product}&quantity=240&day=2026-03-01",
    "/products/{product}/edit/", "/customers/{customer}/share/", "/customers/duplicates/", "/customers/merges/",
    "/leads/channels/", "/leads/captured/", "/leads/import/",
    "/leads/imports/", "/targets/import/",
    "/stock-moves/", "/locations/new/", "/locations/{van}/edit/", "/stock-documents/start/", "/stock-documents/count/",
    "/stock-documents/new/?kind=receipt", "/stock-documents/new/?kind=loss",
    "/stock-documents/new/?kind=load&van={van}", "/stock-documents/{load}/edit/", "/stock-documents/{load}/sheet/",
    "/returns/{return}/reverse/", "/deliveries/{delivery}/reverse/", "/visits/locations/", "/visit-plans/upload/", "/customers/?stock=low&cols=name,low_stock",
]  # fmt: skip
REP = [
    *SHARED, "/schedule/{entry}/edit/", "/field/", "/visits/check-in/{customer}/", "/visits/{visit}/stock-count/", "/visits/{visit}/sell-out/",
    "/visits/{visit}/display/", "/visits/{visit}/forms/{form}/", "/visits/{visit}/maturity/",
    "/van/", "/van/sell/?customer={customer}", "/van/load/", "/van/unload/", "/van/settle/",
    "/stock-documents/{load}/count/", "/van/orders/{van_order}/",
]  # fmt: skip


def write_at_length():
    """Fill names and texts of every third row of all models with Chinese, as long as they may be."""
    for model in apps.get_models():
        if model.__module__.split(".")[0] not in OUR_APPS:
            continue
        rows = model._base_manager.filter(
            pk__in=list(model._base_manager.order_by("pk").values_list("pk", flat=True))[::3]
        )
        for field in model._meta.concrete_fields:
            is_text = isinstance(field, CharField | TextField) and not field.choices and not field.primary_key
            if is_text and field.name in FREE_TEXTS:
                text = LONG[: (field.max_length or 512) - 12]
                rows.update(**{field.name: Concat(Cast("pk", CharField()), Value(text))})


def demo_addresses():
    """What the patterns above name, of a new demo company with long texts."""
    load_demo(customers=60, reps=3, days=14)
    rep = User.objects.get(username="rep1")
    for model in (Refund, CostEntry, FinanceSlip):  # so few that they may all be another team's
        model.objects.update(rep=rep)
    customer = Customer.objects.filter(
        owner=rep, visits__isnull=False, orders__isnull=False, deliveries__isnull=False
    ).first()
    report = DailyReport.objects.filter(rep=rep, status="sent").first()
    write_at_length()
    return {
        "document": Document.objects.filter(author=rep.superior, status="published").first().pk,
        "document_file": DocumentFile.objects.first().pk,
        "thread": rep.threads.first().pk,
        "announcement": Announcement.objects.filter(audience="all").first().pk,
        "report": report.pk,
        "report_day": report.day,
        "work_report": WorkReport.objects.filter(person=rep, kind="week").exclude(status="draft").first().pk,
        "day_report": report.work_report.pk,
        "task": CustomerTask.objects.filter(assignee=rep, status="doing").first().pk,
        "done_task": CustomerTask.objects.filter(assignee=rep, status="done").first().pk,
        "entry": ScheduleEntry.objects.filter(owner=rep, customer__isnull=False).first().pk,
        "instruction": Instruction.objects.filter(person=rep).first().pk,
        "photo": VisitPhoto.objects.filter(visit__rep=rep).first().pk,
        "customer": customer.pk,
        "visit": Visit.objects.filter(rep=rep).first().pk,
        "form": CustomForm.objects.get().pk,
        "visit_plan": VisitPlan.objects.filter(rep=rep).first().pk,
        "route": Route.objects.filter(rep=rep).first().pk,
        "scenario": TerritoryScenario.objects.order_by("pk").first().pk,
        "tour_plan": (tour_plan := TourPlan.objects.order_by("pk").first()).pk,
        "tour_rep": tour_plan.reps.first().rep_id,
        "rep": rep.pk,
        "order": SalesOrder.objects.filter(rep=rep).first().pk,
        "waiting": SalesOrder.objects.filter(rep=rep, status="submitted")
        .exclude(approval_reason="")
        .first()
        .pk,
        "approved": SalesOrder.objects.filter(rep=rep, status="approved").first().pk,
        "delivery": Delivery.objects.filter(rep=rep).first().pk,
        "receipt": Receipt.objects.filter(rep=rep).first().pk,
        "quote": Quote.objects.filter(rep=rep, status="sent").first().pk,
        "draft": Quote.objects.filter(rep=rep, status="draft").first().pk,
        "agreement": Agreement.objects.filter(rep=rep).first().pk,
        "bill": Bill.objects.filter(customer__owner=rep).first().pk,
        "refund": Refund.objects.first().pk,
        "cost": CostEntry.objects.first().pk,
        "slip": FinanceSlip.objects.filter(checked_at__isnull=True).first().pk,
        "product": Product.objects.first().pk,
        "price_list": PriceList.objects.get(level="A").pk,
        "gift_rule": GiftRule.objects.first().pk,
        "alert": Alert.objects.first().pk,
        "van": StockLocation.objects.get(rep=rep).pk,
        "load": StockDocument.objects.get(rep=rep, status="draft").pk,
        "stock_document": StockDocument.objects.filter(rep=rep, status="posted").first().pk,
        "settlement": DaySettlement.objects.filter(rep=rep).first().pk,
        "return": SalesReturn.objects.filter(rep=rep).first().pk,
        "van_sale": Delivery.objects.filter(rep=rep, order__isnull=True).first().pk,
        "van_order": approved_order(rep, customer),
    }


def approved_order(rep, customer):
    line = LineInput(Product.objects.first().pk, Decimal(5))
    order = services.create_order(actor=rep, customer=customer, lines=[line])
    services.approve_order(actor=rep.superior, order=order)
    return order.pk


def check_pages(page, addresses, patterns, *, contrast_seen=(), also_narrow=()):
    """Open each; fails with all that is wrong on any of them. The contrast of `contrast_seen` is judged elsewhere: it is
    half of the time, and the colours are the same at both sizes. `also_narrow` must fit a phone's width as well."""
    page.add_init_script(f"({COUNT_REQUESTS})()")
    wrong = []
    address = ""
    # The page that is nowhere says so itself; anything else that is missing, or that a script complains of, is wrong.
    page.on(
        "response",
        lambda answer: (
            answer.status >= 400
            and address != NOWHERE
            and wrong.append(f"{address}: {answer.status} for {answer.url}")
        ),
    )
    page.on(
        "console",
        lambda said: (
            said.type == "error" and address != NOWHERE and wrong.append(f"{address}: console: {said.text}")
        ),
    )
    for seen, pattern in enumerate(patterns):
        address = pattern.format(**addresses)
        response = page.goto(address)
        page.evaluate(
            "async () => { while (window.pdBusy) await new Promise((done) => setTimeout(done, 20)); }"
        )
        if response.status != (404 if address == NOWHERE else 200):
            wrong.append(f"{address}: status {response.status}")
        if (over := page.evaluate(OVER)) > 0:
            wrong.append(f"{address}: {over} px wider than the screen")
        if pattern in also_narrow:
            size = page.viewport_size
            page.set_viewport_size({"width": 390, "height": 844})
            if (over := page.evaluate(OVER_AFTER_TURNING)) > 0:
                wrong.append(f"{address}: {over} px wider than a phone")
            page.set_viewport_size(size)
        page.add_script_tag(url="/static/axe/axe.min.js")
        apart = [".pd-nav", ".pd-tabs"] if seen else []  # the same on every page: judged once
        wrong += [
            f"{address}: {finding}" for finding in page.evaluate(RULES, [apart, pattern not in contrast_seen])
        ]
    assert not wrong, "\n" + "\n".join(wrong)
