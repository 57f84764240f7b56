"""The cell of customers and leads goes where the place goes, through whatever door it is written."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from common.geo.cells import cell_of
from crm.models import Customer, Lead
from crm.services import update_customer
from crm.services.leads import create_lead
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
HERE, THERE = (31.8206, 117.229), (31.9, 117.3)


@pytest.fixture
def shop():
    return CustomerFactory(latitude=HERE[0], longitude=HERE[1])


def place(shop):
    """What is stored: the cell and the cell as it should be."""
    lat, lng, cell = Customer.objects.values_list("latitude", "longitude", "cell").get(pk=shop.pk)
    return cell, cell_of(lat, lng)


def test_saving(shop):
    assert place(shop) == (cell_of(*HERE),) * 2
    shop.latitude, shop.longitude = THERE
    shop.save(update_fields=["latitude", "longitude"])
    assert place(shop) == (cell_of(*THERE),) * 2
    shop.latitude = shop.longitude = None
    shop.save()
    assert place(shop) == (None, None)


def test_services(shop, people):
    update_customer(actor=None, customer=shop, latitude=THERE[0], longitude=THERE[1])
    assert place(shop) == (cell_of(*THERE),) * 2
    lead = create_lead(actor=people.owner, name="新店", latitude=HERE[0], longitude=HERE[1])
    assert Lead.objects.get(pk=lead.pk).cell == cell_of(*HERE)


@pytest.mark.parametrize("manager", ["objects", "_base_manager"])
def test_updates(shop, manager):
    rows = getattr(Customer, manager).filter(pk=shop.pk)
    assert rows.update(latitude=THERE[0], longitude=THERE[1]) == 1
    assert place(shop) == (cell_of(*THERE),) * 2
    assert rows.update(latitude=HERE[0]) == 1, "half a place, as the undo of a merge writes it"
    assert place(shop) == (cell_of(HERE[0], THERE[1]),) * 2
    assert rows.update(latitude=F("latitude") + 1) == 1
    assert place(shop) == (cell_of(HERE[0] + 1, THERE[1]),) * 2
    assert rows.update(latitude=None, longitude=None) == 1
    assert place(shop) == (None, None)


def test_many_at_once(shop):
    made = Customer.objects.bulk_create(
        [Customer(code="N1", name="甲", created_on=shop.created_on, latitude=HERE[0], longitude=HERE[1])]
    )
    assert place(made[0]) == (cell_of(*HERE),) * 2
    made[0].latitude, made[0].longitude = THERE
    Customer.objects.bulk_update(made, ["latitude", "longitude"])
    assert place(made[0]) == (cell_of(*THERE),) * 2
    again = Customer(code="N1", name="甲", created_on=shop.created_on, latitude=HERE[0], longitude=HERE[1])
    Customer.objects.bulk_create(
        [again], update_conflicts=True, unique_fields=["code"], update_fields=["latitude", "longitude"]
    )
    assert place(made[0]) == (cell_of(*HERE),) * 2


def test_a_row_read_without_its_place_keeps_its_cell(shop):
    part = Customer.objects.only("name").get(pk=shop.pk)
    part.name = "改名"
    part.save()
    assert place(shop) == (cell_of(*HERE),) * 2


def test_the_database_refuses_a_place_without_its_cell(shop):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE crm_customer SET cell = NULL WHERE id = %s", [shop.pk])


def test_a_wrong_cell_is_mended(shop):
    Customer.objects.filter(pk=shop.pk).update(cell=cell_of(*THERE))
    assert Customer.objects.mend_cells() == 1
    assert place(shop) == (cell_of(*HERE),) * 2
    assert Customer.objects.mend_cells() == 0
