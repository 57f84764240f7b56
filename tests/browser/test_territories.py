"""Territories and white space on the desktop: a place given away on the map and taken back; cells sorted and opened."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from common.geo.cells import cell_of, parent_of
from sales.models import Delivery
from territory.models import Population
from territory.rules.territory_terms import Terms
from territory.services import territories as services
from tests.browser.waiting import wait_for
from tests.factories import CustomerFactory, DepartmentFactory, LeadFactory, UserFactory

CLICK = """(latitude) => {
  let found = null;
  document.getElementById("map").paodianMap?.eachLayer((layer) => {
    if (layer.getRadius && Math.abs(layer.getLatLng().lat - latitude) < 1e-4) found = layer;
  });
  found?.fire("click", { latlng: found.getLatLng() });
  return Boolean(found);
}"""


@pytest.fixture
def office(transactional_db):
    department = DepartmentFactory(name="销售一部")
    boss = UserFactory(name="王经理", role="manager", department=department)
    reps = [UserFactory(name=name, department=department, superior=boss) for name in ("李业务", "张业务")]
    shops = [
        CustomerFactory(owner=reps[n // 5], latitude=31.80 + n * 0.01, longitude=117.22, name=f"店{n}")
        for n in range(9)
    ]
    values = {"name": "均衡", "weight": "customers", "tolerance": 30, "keep_km": 50.0}
    scenario = services.save_scenario(actor=boss, scenario=None, values=values, terms=Terms(), reps=reps)
    services.run_scenario(scenario.pk)
    return SimpleNamespace(boss=boss, reps=reps, shops=shops, scenario=scenario)


def test_a_place_is_given_away_on_the_map_and_taken_back(office, open_page):
    page = open_page(office.boss)
    page.goto(office.scenario.get_absolute_url())
    first = office.scenario.customers.get(customer=office.shops[0])
    wait_for(page, CLICK, arg=first.latitude)
    expect(page.locator("#chosen")).to_contain_text("店0")
    page.select_option("#chosen [name=rep]", str(office.reps[1].pk))
    page.click("#chosen button[value=move]")
    back = page.locator("#parts button", has_text="撤销上一步调整")
    expect(back).to_be_visible()
    first.refresh_from_db()
    assert first.rep == office.reps[1]
    expect(page.locator("#parts dd.text-danger")).to_have_text("1")  # an island now
    expect(page.locator("#chosen")).to_contain_text("张业务")
    back.click()
    expect(back).to_have_count(0)
    first.refresh_from_db()
    assert first.rep == office.reps[0]


def test_cells_are_drawn_sorted_and_opened(office, open_page):
    lead = LeadFactory(owner=office.reps[0], latitude=31.75, longitude=117.22, name="新潜客店")
    shop, today = office.shops[0], timezone.localdate()
    Delivery.objects.create(
        number="D1", customer=shop, rep=shop.owner, status="posted", issued_on=today, due_on=today,
        amount=Decimal("168130.20"),
    )  # fmt: skip
    at = {"latitude": shop.latitude, "longitude": shop.longitude}
    Population.objects.create(cell=cell_of(*at.values()), residents=98765, **at)
    page = open_page(office.boss)
    page.goto("/map/white-space/")
    rows = page.locator("[data-table] tbody tr")
    expect(rows.first).to_be_visible()
    page.click("[data-sort=leads]")
    expect(rows.first.locator("td").nth(1)).to_have_text("1")
    cell = int(rows.first.get_attribute("data-id"))
    assert parent_of(lead.cell, cell >> 52 & 15) == cell
    rows.first.click()
    expect(page.locator("#cell")).to_contain_text("新潜客店")
    table = page.locator("[data-table]")  # its last column lies within the panel
    expect(table).to_contain_text("+168,130")
    assert table.evaluate("(table) => table.scrollWidth <= table.parentElement.clientWidth")
    page.click("[data-list=alone]")
    expect(page.locator("[data-count=alone]")).to_have_text("1")
    expect(rows).to_have_count(1)
