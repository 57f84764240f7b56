"""How well a visit is proven (D11), photos that were used before, visits that nobody checked out of."""

import datetime as dt
import io
import random
import uuid
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image, ImageDraw, ImageEnhance

from alerts.enums import AlertKind
from alerts.models import Alert
from alerts.services import compute_alerts
from common.photos import bands, distance_of_looks, looks, near_bands, prepare_photo
from comms.models import Notification
from tests.factories import CustomerFactory, VisitFactory
from tests.visits.conftest import DAY, NOW, STORE, fix_at
from visits import queries, services
from visits.models import Visit, VisitPhoto, VisitStep
from visits.rules.evidence import Evidence, VisitFacts, grade_for, is_short, weigh
from visits.tasks.evidence import close_forgotten_visits

MINUTE = dt.timedelta(minutes=1)
FACTS = {
    "fence": "inside",
    "accuracy_m": 12,
    "to_confirm": False,
    "left_distance_m": 20,
    "left_accuracy_m": 10,
    "radius_m": 300,
    "dwell": 14 * MINUTE,
    "usual_stays": (9 * MINUTE, 10 * MINUTE, 11 * MINUTE),
    "outcome": "visited",
    "photos": 1,
    "reused": 0,
    "flags": (),
}


def judged(**changes) -> Evidence:
    return weigh(VisitFacts(**{**FACTS, **changes}))


# --- the rule
def test_the_worked_example():
    assert judged().parts == {"inside": 40, "precise": 10, "left_here": 10, "stay_usual": 20, "photo": 20}
    assert judged().grade == "A"
    assert judged(reused=1).grade == "C"


@pytest.mark.parametrize(
    ("changes", "grade"),
    [
        ({"photos": 0}, "A"),
        ({"photos": 0, "left_distance_m": None}, "B"),
        ({"accuracy_m": 400, "photos": 0, "dwell": MINUTE}, "C"),
        ({"fence": "outside"}, "C"),
        ({"fence": "outside", "photos": 0}, "D"),
        ({"fence": "unverified", "photos": 0, "left_distance_m": None}, "D"),
        ({"fence": "no_location", "left_distance_m": None, "photos": 0}, "D"),
        ({"to_confirm": True, "photos": 0}, "B"),
        ({"flags": ("clock",)}, "A"),
        ({"flags": ("future",), "photos": 0}, "B"),
        ({"flags": ("steps",), "photos": 0}, "B"),
        ({"outcome": "closed", "dwell": MINUTE}, "A"),
        ({"outcome": "forgotten", "dwell": None, "left_distance_m": None}, "C"),
        ({"outcome": "forgotten", "dwell": None, "left_distance_m": None, "photos": 0}, "D"),
    ],
)
def test_grades(changes, grade):
    assert judged(**changes).grade == grade


@pytest.mark.parametrize(
    ("points", "grade"), [(100, "A"), (80, "A"), (79, "B"), (60, "B"), (59, "C"), (39, "D")]
)
def test_limits_of_the_grades(points, grade):
    assert grade_for(points) == grade


def test_what_is_short_depends_on_what_is_usual():
    long = [30 * MINUTE] * 3
    assert is_short(9 * MINUTE, long)
    assert not is_short(10 * MINUTE, long)
    assert not is_short(4 * MINUTE, long[:2])  # two stays are no habit
    assert is_short(2 * MINUTE, [])


# --- what a picture looks like
def shelf(seed: int, size=(1200, 900)) -> Image.Image:
    """A picture with as much in it as a shelf; each seed another."""
    rng = random.Random(seed)
    picture = Image.new("RGB", size, tuple(rng.randbytes(3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(60):
        x, y = rng.randrange(size[0]), rng.randrange(size[1])
        draw.rectangle(
            (x, y, x + rng.randrange(40, 300), y + rng.randrange(40, 300)), fill=tuple(rng.randbytes(3))
        )
    return picture


def upload(picture: Image.Image, quality=88) -> SimpleUploadedFile:
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=quality)
    return SimpleUploadedFile("shelf.jpg", target.getvalue(), "image/jpeg")


def looks_of(picture: Image.Image, quality=88) -> int:
    return looks(prepare_photo(upload(picture, quality)).content)


def test_copies_look_alike_and_other_pictures_do_not():
    first = shelf(1)
    copies = [
        looks_of(first, quality=40),
        looks_of(first.resize((640, 480))),
        looks_of(ImageEnhance.Brightness(first).enhance(1.15)),
    ]
    assert all(distance_of_looks(looks_of(first), copy) <= 6 for copy in copies)
    others = [looks_of(shelf(seed)) for seed in range(2, 60)]
    assert all(distance_of_looks(looks_of(first), other) > 6 for other in others)


def test_a_plain_surface_proves_nothing():
    assert looks_of(Image.new("RGB", (400, 300), "black")) is None


def test_six_bits_always_leave_a_band_that_is_found():
    rng = random.Random(7)
    for _ in range(2000):
        one = rng.getrandbits(64) - (1 << 63)
        other = (one ^ sum(1 << bit for bit in rng.sample(range(64), rng.randrange(7)))) & (1 << 64) - 1
        other = other - (1 << 64) if other >> 63 else other
        assert any(b in near_bands(a) for a, b in zip(bands(one), bands(other), strict=True))


@pytest.mark.django_db
def test_the_database_keeps_the_same_bands(people, shop):
    visit = VisitFactory(customer=shop)
    rng = random.Random(3)
    for n in range(20):
        value = rng.getrandbits(64) - (1 << 63)
        VisitPhoto.objects.create(visit=visit, looks=value, sha256=str(n), taken_at=NOW)
    for photo in VisitPhoto.objects.all():
        assert (photo.band_1, photo.band_2, photo.band_3, photo.band_4) == bands(photo.looks)


@pytest.mark.django_db
def test_looking_for_an_earlier_photo_reads_the_indexes(people, shop):
    """No full scan: each band's index is searched."""
    if connection.vendor != "sqlite":
        pytest.skip("the plan of few rows is a scan on PostgreSQL, whatever indexes there are")
    visit = VisitFactory(customer=shop)
    with CaptureQueriesContext(connection) as asked:
        queries.earlier_photo(looks=12345678901234, visit=visit, taken_at=NOW)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + asked.captured_queries[0]["sql"].replace("%", "%%"))
        plan = " ".join(row[3] for row in cursor.fetchall())
    assert all(f"visit_photo_band_{n}" in plan for n in (1, 2, 3, 4))
    assert "SCAN visits_visitphoto" not in plan


# --- at visits
@pytest.fixture
def day(people, shop):
    def visit_with(picture, at, customer=shop, **kwargs):
        visit = services.check_in(
            actor=people.owner,
            customer_id=customer.pk,
            fix=fix_at(5),
            occurred_at=at,
            now=at,
            photos=[upload(picture)] if picture else [],
        )
        end = at + 12 * MINUTE
        return services.check_out(
            actor=people.owner, visit=visit, fix=fix_at(8), occurred_at=end, now=end, **kwargs
        )

    return SimpleNamespace(visit=visit_with)


@pytest.mark.django_db
def test_a_visit_is_graded_when_it_ends(day):
    visit = day.visit(shelf(1), NOW)
    visit.refresh_from_db()
    assert (visit.grade, sum(visit.evidence.values())) == ("A", 100)


@pytest.mark.django_db
def test_a_photo_of_an_earlier_visit_is_found_and_shown(people, login, day):
    first = day.visit(shelf(1), NOW)
    other = CustomerFactory(owner=people.owner, latitude=STORE[0], longitude=STORE[1])
    again = day.visit(shelf(1).resize((900, 675)), NOW + dt.timedelta(days=30), customer=other)
    photo = again.photos.get()
    assert (photo.reuse_of, again.grade) == (first.photos.get(), "C")
    assert again.evidence["photo_reused"] == -40
    for user in (people.owner, people.superior):
        page = login(user).get(again.get_absolute_url()).content.decode()
        assert "照片与以前拜访的照片雷同" in page
        assert first.get_absolute_url() in page
    page = login(people.superior).get("/visits/?grade=C").content.decode()
    assert again.get_absolute_url() in page
    assert first.get_absolute_url() not in page


@pytest.mark.django_db
def test_photos_of_one_visit_and_of_long_ago_are_no_reuse(day):
    visit = day.visit(shelf(1), NOW)
    services.record_photo(
        actor=visit.rep,
        visit=visit,
        client_uuid=uuid.uuid4(),
        photo=upload(shelf(1), quality=50),
        occurred_at=NOW,
        now=NOW,
    )
    assert not VisitPhoto.objects.filter(reuse_of__isnull=False).exists()
    late = day.visit(shelf(1), NOW + dt.timedelta(days=91))
    assert late.photos.get().reuse_of is None


@pytest.mark.django_db
def test_a_photo_that_arrives_later_grades_again(day):
    visit = day.visit(None, NOW)
    assert "no_photo" in visit.evidence
    services.record_photo(
        actor=visit.rep,
        visit=visit,
        client_uuid=uuid.uuid4(),
        photo=upload(shelf(5)),
        occurred_at=NOW + MINUTE,
        now=NOW + dt.timedelta(days=2),
    )
    visit.refresh_from_db()
    assert (visit.grade, visit.evidence["photo"]) == ("A", 20)


@pytest.mark.django_db
def test_an_offline_check_out_without_required_steps_is_flagged_until_they_come(people, shop):
    VisitStep.objects.filter(kind="photo").update(is_required=True)
    visit = services.check_in(
        actor=people.owner, customer_id=shop.pk, fix=fix_at(), occurred_at=NOW, now=NOW, online=False
    )
    end = NOW + 10 * MINUTE
    later = NOW + dt.timedelta(hours=5)
    visit = services.check_out(actor=people.owner, visit=visit, occurred_at=end, now=later, online=False)
    assert visit.flags == ["steps"]
    assert visit.evidence["steps_missing"] == -10
    services.record_photo(
        actor=people.owner,
        visit=visit,
        client_uuid=uuid.uuid4(),
        photo=upload(shelf(5)),
        occurred_at=NOW + MINUTE,
        now=later,
    )
    visit.refresh_from_db()
    assert (visit.flags, "steps_missing" in visit.evidence) == ([], False)


# --- forgotten check-outs
@pytest.mark.django_db
def test_forgotten_visits_are_closed_and_never_valid(people, shop, settings):
    visit = services.check_in(actor=people.owner, customer_id=shop.pk, fix=fix_at(), occurred_at=NOW, now=NOW)
    assert services.close_forgotten(now=NOW + dt.timedelta(hours=10)) == 0  # still the same day
    night = NOW + dt.timedelta(hours=14)
    assert services.close_forgotten(now=night) == 1
    assert services.close_forgotten(now=night) == 0
    visit.refresh_from_db()
    assert (visit.status, visit.outcome, visit.check_out_at) == ("closed", "forgotten", None)
    assert visit.evidence["not_checked_out"] == -30
    assert not Visit.objects.valid().exists()
    shop.refresh_from_db()
    assert shop.last_visit_on is None
    notice = Notification.objects.get(recipient=people.owner)
    assert (notice.url, "百佳超市" in notice.title) == (visit.get_absolute_url(), True)
    # He is free for the next store.
    services.check_in(actor=people.owner, customer_id=shop.pk, fix=fix_at(), occurred_at=night, now=night)


@pytest.mark.django_db
def test_a_forgotten_visit_closes_no_alert(people, shop):
    shop.created_on = shop.received_on = DAY - dt.timedelta(days=200)
    shop.save()
    VisitFactory(customer=shop, check_in_at=NOW, check_out_at=None, status="closed", outcome="forgotten")
    compute_alerts(today=DAY + dt.timedelta(days=1))
    assert Alert.objects.filter(customer=shop, kind=AlertKind.UNVISITED, closed_on__isnull=True).exists()


@pytest.mark.django_db
def test_a_check_out_of_that_day_that_comes_late_still_counts(people, shop):
    visit = services.check_in(actor=people.owner, customer_id=shop.pk, fix=fix_at(), occurred_at=NOW, now=NOW)
    services.close_forgotten(now=NOW + dt.timedelta(days=1))
    end = NOW + 20 * MINUTE
    late = services.check_out(
        actor=people.owner, visit=visit, occurred_at=end, now=NOW + dt.timedelta(days=3), online=False
    )
    assert (late.check_out_at, late.outcome, late.is_valid) == (end, "visited", True)
    with pytest.raises(Exception, match="已"):
        services.check_out(
            actor=people.owner, visit=visit, occurred_at=end, now=NOW + dt.timedelta(days=3), online=False
        )


@pytest.mark.django_db
def test_the_next_days_check_out_comes_too_late(people, shop):
    visit = services.check_in(actor=people.owner, customer_id=shop.pk, fix=fix_at(), occurred_at=NOW, now=NOW)
    tomorrow = NOW + dt.timedelta(days=1)
    services.close_forgotten(now=tomorrow)
    with pytest.raises(Exception, match="已"):
        services.check_out(actor=people.owner, visit=visit, occurred_at=tomorrow, now=tomorrow)
    assert close_forgotten_visits() == 0
