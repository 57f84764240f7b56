"""What reps noted in stores: stock counts with suggestions, sell-out, displays with a few photos, a form; and how well
each visit is proven."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from collections import defaultdict
from decimal import Decimal
from random import Random

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from common.photos import looks, prepare_photo
from sales.models import DeliveryLine, Product
from visits.enums import PhotoKind
from visits.models import (
    CustomForm,
    DisplayLine,
    DisplayReport,
    FormAnswer,
    FormQuestion,
    SellOut,
    SellOutLine,
    ShelfCount,
    ShelfCountLine,
    Visit,
    VisitPhoto,
    VisitStep,
    VisitType,
)
from visits.queries.evidence import earlier_photo
from visits.rules.suggestions import USUAL_GAP_DAYS, Movement, suggest
from visits.services import grade_visits

# So many of the last visits have photos; each is a file.
PHOTOS = 24
REUSED = 6  # each sixth shows the shelf of the photo before
PLACES = ("主货架", "收银台", "冰柜", "地堆")
QUESTIONS: tuple[tuple[str, str, bool, str], ...] = (
    ("门头是否完好", "yes_no", True, ""),
    ("我司冰柜台数", "number", False, ""),
    ("陈列评价", "choice", True, "优\n良\n差"),
    ("在售竞品", "choices", False, "农夫山泉\n怡宝\n百岁山\n康师傅"),
    ("备注", "text", False, ""),
)
REMARKS = ("", "", "灯箱不亮", "老板要求换冰柜", "新品陈列在显眼处")
Moves = dict[tuple[int, int], list[tuple[dt.date, Decimal]]]


def make_in_store(rng: Random, now: dt.datetime) -> None:
    """Reports of the visits that are there; call it last, when goods have been delivered."""
    form = _form()
    visits = list(Visit.objects.valid().select_related("customer").order_by("check_in_at", "pk"))
    _Reports(rng, form).write(visits)
    _photos(rng, visits[-PHOTOS * 3 :: 3])
    grade_visits(visits)


def _form() -> CustomForm:
    """A form in the usual visit, and a type of visit for the season that asks for the display."""
    form = CustomForm.objects.create(name="门店检查")
    FormQuestion.objects.bulk_create(
        FormQuestion(form=form, position=n, label=label, kind=kind, is_required=required, choices=choices)
        for n, (label, kind, required, choices) in enumerate(QUESTIONS, start=1)
    )
    usual = VisitType.objects.get(is_default=True)
    VisitStep.objects.create(visit_type=usual, kind="form", form=form, position=usual.steps.count() + 1)
    season = VisitType.objects.create(name="旺季铺货", position=2)
    VisitStep.objects.bulk_create(
        VisitStep(visit_type=season, kind=kind, is_required=required, position=n)
        for n, (kind, required) in enumerate(
            [("display", True), ("stock_count", True), ("order", False), ("summary", False)], start=1
        )
    )
    return form


class _Reports:
    def __init__(self, rng: Random, form: CustomForm) -> None:
        self.rng, self.form = rng, form
        self.questions = list(form.questions.all())
        self.products = Product.objects.in_bulk()
        self.moves = _deliveries()
        self.bought: dict[int, set[int]] = defaultdict(set)
        for customer, product in self.moves:
            self.bought[customer].add(product)
        self.last: dict[tuple[int, int], tuple[dt.date, Decimal]] = {}
        self.rows: dict[type, list] = defaultdict(list)

    def write(self, visits: list[Visit]) -> None:
        for visit in visits:
            self._visit(visit)
        for model in (ShelfCount, SellOut, DisplayReport, FormAnswer):
            model.objects.bulk_create(self.rows[model], batch_size=2000)
        for lines in (ShelfCountLine, SellOutLine, DisplayLine):
            for line in self.rows[lines]:
                line.report_id = line.report.pk
            lines.objects.bulk_create(self.rows[lines], batch_size=2000)

    def _visit(self, visit: Visit) -> None:
        goods = sorted(self.bought[visit.customer_id])
        if goods and self.rng.random() < 0.45:
            self._count(visit, goods)
        if goods and self.rng.random() < 0.2:
            self._sold(visit, goods)
        if goods and self.rng.random() < 0.25:
            self._display(visit, goods)
        if self.rng.random() < 0.1:
            self._answer(visit)

    def _head(self, visit: Visit) -> dict[str, object]:
        at = visit.check_in_at + dt.timedelta(minutes=3)
        return {
            "visit": visit,
            "customer": visit.customer,
            "rep_id": visit.rep_id,
            "day": visit.day,
            "occurred_at": at,
            "client_uuid": uuid.UUID(int=self.rng.getrandbits(128), version=4),
        }

    def _count(self, visit: Visit, goods: list[int]) -> None:
        report = ShelfCount(**self._head(visit))
        self.rows[ShelfCount].append(report)
        for product in self.rng.sample(goods, k=min(len(goods), 5)):
            key = (visit.customer_id, product)
            before = self.last.get(key)
            came = self._came(key, before[0], visit.day) if before else Decimal(0)
            there = (before[1] if before else Decimal(self.rng.randrange(12, 48))) + came
            quantity = Decimal(round(float(there) * self.rng.uniform(0.1, 0.8)))
            suggested = None
            if before and (days := (visit.day - before[0]).days):
                answer = suggest(
                    Movement(before[1], came, quantity, days),
                    days_ahead=USUAL_GAP_DAYS,
                    box_quantity=self.products[product].box_quantity,
                )
                suggested = answer.order if answer else None
            best_before = visit.day + dt.timedelta(days=self.rng.randrange(20, 300))
            self.rows[ShelfCountLine].append(
                ShelfCountLine(
                    report=report,
                    product_id=product,
                    quantity=quantity,
                    suggested=suggested,
                    best_before=best_before if self.rng.random() < 0.3 else None,
                )
            )
            self.last[key] = (visit.day, quantity)

    def _came(self, key: tuple[int, int], since: dt.date, until: dt.date) -> Decimal:
        return sum((n for day, n in self.moves[key] if since <= day < until), Decimal(0))

    def _sold(self, visit: Visit, goods: list[int]) -> None:
        report = SellOut(**self._head(visit))
        self.rows[SellOut].append(report)
        for product in self.rng.sample(goods, k=min(len(goods), 3)):
            price = self.products[product].price * Decimal("1.3")
            self.rows[SellOutLine].append(
                SellOutLine(
                    report=report,
                    product_id=product,
                    quantity=Decimal(self.rng.randrange(1, 60)),
                    price=price.quantize(Decimal("0.1")),
                )
            )

    def _display(self, visit: Visit, goods: list[int]) -> None:
        report = DisplayReport(place=self.rng.choice(PLACES), **self._head(visit))
        self.rows[DisplayReport].append(report)
        self.rows[DisplayLine].extend(
            DisplayLine(report=report, product_id=product, facings=self.rng.randrange(1, 9))
            for product in self.rng.sample(goods, k=min(len(goods), 4))
        )

    def _answer(self, visit: Visit) -> None:
        values = {
            "yes_no": self.rng.random() < 0.85,
            "number": str(self.rng.randrange(0, 3)),
            "choice": self.rng.choice(("优", "良", "良", "差")),
            "choices": self.rng.sample(("农夫山泉", "怡宝", "百岁山", "康师傅"), k=self.rng.randrange(0, 3)),
            "text": self.rng.choice(REMARKS) or None,
        }
        answers = [
            {"question": q.pk, "label": q.label, "kind": q.kind, "value": values[q.kind] or None}
            if q.kind == "choices"
            else {"question": q.pk, "label": q.label, "kind": q.kind, "value": values[q.kind]}
            for q in self.questions
        ]
        self.rows[FormAnswer].append(FormAnswer(form=self.form, answers=answers, **self._head(visit)))


def _deliveries() -> Moves:
    """(day, quantity) of what each customer got of each product."""
    moves: Moves = defaultdict(list)
    rows = DeliveryLine.objects.filter(delivery__status="posted").order_by("delivery__issued_on", "pk")
    for customer, product, day, quantity in rows.values_list(
        "delivery__customer_id", "product_id", "delivery__issued_on", "quantity"
    ):
        moves[customer, product].append((day, quantity))
    return moves


def _photos(rng: Random, visits: list[Visit]) -> None:
    """Drawn shelves: a photo of the shop at some visits, and of the display where one was reported; some are an
    earlier shelf once more under a new line of text, as the evidence is to find out."""
    shelf: Image.Image | None = None
    for number, visit in enumerate(visits[-PHOTOS:], start=1):
        display = visit.displayreports.first()
        kind = PhotoKind.DISPLAY if display else PhotoKind.CHECK_IN
        is_reused = shelf is not None and number % REUSED == 0
        shelf = shelf if is_reused and shelf is not None else _shelf(rng)
        text = f"{visit.day} {visit.check_in_at:%H:%M}Z {visit.customer.code}"
        photo = prepare_photo(_print(shelf, text))
        hashed = looks(photo.content)
        earlier = None
        if is_reused and hashed is not None:
            earlier = earlier_photo(looks=hashed, visit=visit, taken_at=visit.check_in_at)
        row = VisitPhoto(
            visit=visit,
            display=display,
            kind=kind,
            sha256=photo.sha256,
            looks=hashed,
            reuse_of=earlier,
            uuid=uuid.UUID(int=rng.getrandbits(128), version=4),
            taken_at=visit.check_in_at,
        )
        row.image.save(f"{visit.uuid.hex}-{photo.sha256[:12]}.jpg", ContentFile(photo.content), save=False)
        row.save()


def _shelf(rng: Random) -> Image.Image:
    """A shelf of bottles, small: 800 × 600."""
    picture = Image.new("RGB", (800, 600), (226, 220, 208))
    draw = ImageDraw.Draw(picture)
    for board in range(4):
        floor = 140 + board * 140
        draw.rectangle((0, floor, 800, floor + 12), fill=(120, 96, 72))
        x = rng.randrange(4, 30)
        while x < 770:
            wide, high = rng.randrange(28, 56), rng.randrange(70, 122)
            colour = tuple(rng.randrange(40, 230) for _ in range(3))
            draw.rounded_rectangle((x, floor - high, x + wide, floor), 8, fill=colour)
            draw.rectangle((x + 4, floor - high // 2, x + wide - 4, floor - high // 4), fill=(245, 245, 245))
            x += wide + rng.randrange(3, 30)
    return picture


def _print(shelf: Image.Image, text: str) -> io.BytesIO:
    """The picture with a line of text below, as a JPEG."""
    picture = shelf.copy()
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 572, 800, 600), fill=(40, 40, 40))
    draw.text((10, 578), text, fill="white")
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=85)
    return target
