"""The same report of a phone sent twice at once is one report; real threads."""

import datetime as dt
import io
import uuid
from decimal import Decimal

import pytest
from PIL import Image

from tests.factories import ProductFactory, VisitFactory
from tests.visits.conftest import NOW, photo
from tests.visits.test_races import names, race
from visits import services
from visits.models import (
    CustomForm,
    DisplayReport,
    FormAnswer,
    FormQuestion,
    SellOut,
    ShelfCount,
    Visit,
    VisitPhoto,
)
from visits.rules import CountInput, FacingInput, SoldInput

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visit(people, shop):
    return VisitFactory(customer=shop, check_in_at=NOW, check_out_at=None)


def test_one_report_for_each_uuid(people, visit):
    water = ProductFactory()
    form = CustomForm.objects.create(name="门店检查")
    question = FormQuestion.objects.create(form=form, label="门头完好", kind="yes_no")
    picture = io.BytesIO()
    Image.effect_noise((200, 150), 80).convert("RGB").save(picture, "JPEG")
    sends = [
        (ShelfCount, services.record_shelf_count, {"lines": [CountInput(water.pk, Decimal(3))]}),
        (SellOut, services.record_sell_out, {"lines": [SoldInput(water.pk, Decimal(3))]}),
        (DisplayReport, services.record_display, {"lines": [FacingInput(water.pk, 3)]}),
        (FormAnswer, services.record_form_answer, {"form_id": form.pk, "answers": {question.pk: "yes"}}),
    ]
    for model, send, values in sends:
        key = uuid.uuid4()

        def work(send=send, values=values, key=key):
            return send(actor=people.owner, visit=visit, client_uuid=key, occurred_at=NOW, now=NOW, **values)

        outcomes = race(*[work] * 3)
        assert names(outcomes) == [model.__name__] * 3, outcomes
        assert model.objects.count() == 1
        lines = getattr(model.objects.get(), "lines", None)
        assert lines is None or lines.count() == 1


def test_one_photo_for_each_uuid(people, visit):
    key = uuid.uuid4()

    def work():
        return services.record_photo(
            actor=people.owner,
            visit=visit,
            client_uuid=key,
            photo=photo(noise=1),
            occurred_at=NOW,
            now=NOW,
        )

    outcomes = race(*[work] * 3)
    assert names(outcomes) == ["VisitPhoto"] * 3, outcomes
    assert VisitPhoto.objects.count() == 1


def test_the_night_and_the_check_out_meet(people, visit):
    """Whoever comes first: the visit ends once, and a check-out of its day is never lost."""
    night = NOW + dt.timedelta(days=1)
    for _round in range(3):
        Visit.objects.filter(pk=visit.pk).update(status="open", check_out_at=None, outcome="visited")
        race(
            lambda: services.close_forgotten(now=night),
            lambda: services.check_out(
                actor=people.owner, visit=visit, occurred_at=NOW, now=night, online=False
            ),
        )
        visit.refresh_from_db()
        assert (visit.status, visit.outcome, visit.is_valid) == ("closed", "visited", True)
