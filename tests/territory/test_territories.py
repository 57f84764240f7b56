"""Territory scenarios (F4): reckoned, changed by hand, published through the one door of owners, and who may see them."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts.models import SystemOptions
from crm.enums import BulkState, OwnerChangeReason
from crm.models import Customer, OwnerChange
from crm.services.merges import merge_customers, undo_merge
from sales.models import Delivery
from territory.enums import ScenarioState
from territory.models import ScenarioCustomer, TerritoryScenario
from territory.queries.territories import scenario_figures, scenario_places
from territory.rules.territory_terms import Terms, Weighed, place_numbers, weights
from territory.services import territories as services
from territory.services import territory_handover as handover
from tests.factories import CustomerFactory, DepartmentFactory, UserFactory

VALUES = {"name": "均衡", "weight": "customers", "tolerance": 10, "keep_km": 1.0}


def shops(owner, count, *, lat=31.80, lng=117.20, **more):
    """`count` shops of `owner`, 1 km apart, ten in a row."""
    return [
        CustomerFactory(
            owner=owner, latitude=lat + (i // 10) * 0.009, longitude=lng + (i % 10) * 0.0105, **more
        )
        for i in range(count)
    ]


def scenario_of(actor, reps, *, terms=None, locked=(), **values):
    return services.save_scenario(
        actor=actor,
        scenario=None,
        values={**VALUES, **values},
        terms=terms or Terms(),
        reps=reps,
        locked_reps=[rep.pk for rep in locked],
    )


def reckoned(actor, reps, **more):
    found = services.run_scenario(scenario_of(actor, reps, **more).pk)
    assert found is not None
    assert found.state == ScenarioState.READY, found.message
    return found


@pytest.fixture
def uneven(people):
    """李业务 has 24 shops, 张业务 6 east of them."""
    return shops(people.owner, 24), shops(people.colleague, 6, lng=117.305)


# --- reckoned


def test_both_reps_get_the_same_and_what_they_get_is_one_piece(people, uneven):
    found = reckoned(people.superior, [people.owner, people.colleague])
    figures = scenario_figures(found)
    assert {row.person: row.before.customers for row in figures.rows} == {
        people.owner: 24,
        people.colleague: 6,
    }
    after = {row.person: row.after.customers for row in figures.rows}
    assert sum(after.values()) == 30
    assert figures.deviation_before == pytest.approx(0.6)
    assert figures.deviation_after <= 0.1
    assert figures.islands == 0
    assert figures.moved == after[people.colleague] - 6
    # The nearest go over: whoever moves lies east of whoever stays.
    east = found.customers.filter(owner=people.owner, rep=people.colleague).values_list(
        "longitude", flat=True
    )
    stays = found.customers.filter(rep=people.owner).values_list("longitude", flat=True)
    assert sum(east) / len(east) > sum(stays) / len(stays)
    drawn = scenario_places(found)
    assert sum(drawn["n"]) == 30
    assert sum(drawn["moves"]) == figures.moved


def test_what_is_locked_stays_and_weighs(people, uneven):
    mine, _theirs = uneven
    Customer.objects.filter(pk__in=[row.pk for row in mine[:20]]).update(level="A")
    Customer.objects.filter(pk=mine[20].pk).update(pool_locked=True)
    Customer.objects.filter(pk=mine[21].pk).update(latitude=None, longitude=None)
    reps = [people.owner, people.colleague]
    found = reckoned(people.superior, reps, terms=Terms(locked_levels=["A"]))
    kept = found.customers.filter(customer__in=mine[:22])
    assert set(kept.values_list("rep", flat=True)) == {people.owner.pk}
    # 22 weigh on him already, so the other eight go to his colleague.
    figures = scenario_figures(found)
    row = next(row for row in figures.rows if row.person == people.owner)
    assert (row.after.customers, row.locked) in {(22, 21), (23, 21)}
    assert figures.without_place == 1
    whole = reckoned(people.superior, reps, locked=[people.owner])
    assert scenario_figures(whole).moved == 0


def test_who_leaves_gives_all_and_the_pool_comes_only_for_the_whole_company(people, uneven):
    leaver = UserFactory(name="离职", department=people.sales, superior=people.superior, is_active=False)
    shops(leaver, 5, lat=31.85)
    nobody = CustomerFactory(owner=None, latitude=31.83, longitude=117.25)
    terms = Terms(owners=[leaver.pk], pool=True)
    found = reckoned(people.superior, [people.owner, people.colleague], terms=terms)
    assert not found.customers.filter(customer=nobody).exists()
    assert found.customers.filter(owner=leaver).count() == 5
    assert not found.customers.exclude(rep__in=[people.owner, people.colleague]).exists()
    found = reckoned(people.admin, [people.owner, people.colleague], terms=terms)
    assert found.customers.get(customer=nobody).rep in (people.owner, people.colleague)


def test_filters_and_scope_say_which_customers(people, uneven):
    mine, _theirs = uneven
    Customer.objects.filter(pk__in=[row.pk for row in mine[:4]]).update(level="B")
    strange = CustomerFactory(owner=people.outsider)
    reps = [people.owner, people.colleague]
    # Keys of strangers in the terms bring nobody else's customers.
    found = reckoned(people.superior, reps, terms=Terms(owners=[people.outsider.pk], levels=["B"]))
    assert set(found.customers.values_list("customer", flat=True)) == {row.pk for row in mine[:4]}
    assert not found.customers.filter(customer=strange).exists()
    elsewhere = reckoned(people.admin, [*reps, people.outsider], terms=Terms(department=people.other.pk))
    assert list(elsewhere.customers.values_list("customer", flat=True)) == [strange.pk]


def test_sales_of_90_days_are_made_even(people, uneven):
    mine, theirs = uneven
    today = timezone.localdate()
    for n, (shop, days, amount, status) in enumerate(
        [
            (theirs[0], 0, 4000, "posted"),
            (mine[0], 89, 1000, "posted"),
            (mine[1], 90, 9999, "posted"),
            (mine[2], 3, 9999, "reversed"),
        ]
    ):
        Delivery.objects.create(
            number=f"D{n}", customer=shop, status=status, amount=Decimal(amount), due_on=today,
            issued_on=today - dt.timedelta(days=days),
        )  # fmt: skip
    found = reckoned(people.superior, [people.owner, people.colleague], weight="sales")
    assert sum(row.after.weight for row in scenario_figures(found).rows) == pytest.approx(5000)
    assert found.customers.get(customer=mine[0]).sales == Decimal("1000.00")


def test_weights_of_visits_and_hours():
    terms = Terms(visits={"A": 4, "B": 2, "C": 1, "": 0.5}, minutes=30)
    # Two customers 1 km apart on the equator's cousin, and one without a place.
    rows = [
        Weighed("A", 0, (31.0, 117.0)),
        Weighed("", 0, (31.0 + 1 / 111.195, 117.0)),
        Weighed("B", 0, None),
    ]
    assert weights("visits", terms, rows) == [4, 0.5, 2]
    hours = weights("hours", terms, rows)
    assert hours == pytest.approx([4 * (0.5 + 1.3 / 25), 0.5 * (0.5 + 1.3 / 25), 1.0], rel=1e-3)
    assert place_numbers([(31.0, 117.0), None, (31.0, 117.0), (32.0, 117.0)]) == [0, None, 0, 1]


@pytest.mark.parametrize(
    ("more", "says"), [({"terms": Terms(levels=["C"])}, "没有客户"), ({"weight": "sales"}, "没有可")]
)
def test_what_cannot_be_reckoned_says_why(people, uneven, more, says):
    found = services.run_scenario(scenario_of(people.superior, [people.owner], **more).pk)
    assert found.state == ScenarioState.FAILED
    assert says in found.message
    with pytest.raises(ValidationError):
        scenario_of(people.superior, [people.owner], locked=[people.owner])


# --- the job


def test_a_lost_scenario_is_nudged_and_given_up_in_the_end(people, uneven):
    row = scenario_of(people.superior, [people.owner, people.colleague])
    later = timezone.now() + dt.timedelta(minutes=10)
    assert services.sweep_scenarios() == []
    assert services.sweep_scenarios(now=later) == [row.pk]
    TerritoryScenario.objects.filter(pk=row.pk).update(state="running", attempts=3)
    assert services.sweep_scenarios(now=later + dt.timedelta(minutes=10)) == []
    row.refresh_from_db()
    assert row.state == ScenarioState.FAILED


def test_whoever_lost_it_writes_nothing(people, uneven, monkeypatch):
    row = scenario_of(people.superior, [people.owner, people.colleague])

    def taken_over(task, tell):
        TerritoryScenario.objects.filter(pk=row.pk).update(attempts=7)
        tell(0.5)

    monkeypatch.setattr(services, "make_areas", taken_over)
    assert services.run_scenario(row.pk) is None
    assert not row.customers.exists()
    assert services.run_scenario(row.pk) is None  # it runs elsewhere


# --- by hand


def test_moves_by_hand_change_figures_show_islands_and_are_taken_back(people, uneven):
    found = reckoned(people.superior, [people.owner, people.colleague])
    before = dict(found.customers.values_list("pk", "rep"))
    far = found.customers.filter(rep=people.owner).order_by("longitude", "latitude").first()
    count = services.move_customers(
        actor=people.superior, scenario=found, rows=[far.pk], rep=people.colleague.pk
    )
    assert count == 1
    figures = scenario_figures(found)
    assert figures.islands == 1
    assert next(row for row in figures.rows if row.person == people.colleague).islands == [1]
    with pytest.raises(ValidationError):
        services.move_customers(actor=people.superior, scenario=found, rows=[far.pk], rep=people.outsider.pk)
    with pytest.raises(ValidationError):
        services.move_customers(actor=people.superior, scenario=found, rows=[far.pk], rep=people.colleague.pk)
    assert services.undo_move(actor=people.superior, scenario=found) == 1
    assert dict(found.customers.values_list("pk", "rep")) == before
    assert services.undo_move(actor=people.superior, scenario=found) == 0


def test_a_pinned_customer_stays_when_reckoned_again(people, uneven):
    found = reckoned(people.superior, [people.owner, people.colleague])
    gone = found.customers.filter(owner=people.owner, rep=people.colleague).first()
    assert services.pin_customers(actor=people.superior, scenario=found, rows=[gone.pk], pinned=True) == 1
    services.reckon_again(actor=people.superior, scenario=found)
    services.run_scenario(found.pk)
    again = ScenarioCustomer.objects.get(scenario=found, customer=gone.customer)
    assert (again.rep, again.is_pinned, again.is_locked) == (people.owner, True, True)


# --- published


def test_publishing_goes_through_the_door_of_owners_and_back(people, uneven):
    found = reckoned(people.superior, [people.owner, people.colleague])
    moving = list(
        found.customers.filter(rep=people.colleague, owner=people.owner).values_list("customer", flat=True)
    )
    # One changed hands meanwhile, one is inactive: both are left alone, and the page says so.
    other = UserFactory(department=people.sales, superior=people.superior)
    Customer.objects.filter(pk=moving[0]).update(owner=other)
    Customer.objects.filter(pk=moving[1]).update(status="inactive")
    assert scenario_figures(found).changed_hands == 2
    count = handover.publish_scenario(actor=people.superior, scenario=found, note="新片区")
    assert count == len(moving) - 2
    handover.run_handover(found.pk)
    assert set(Customer.objects.filter(pk__in=moving[2:]).values_list("owner", flat=True)) == {
        people.colleague.pk
    }
    assert Customer.objects.get(pk=moving[0]).owner == other
    change = OwnerChange.objects.get(customer=moving[2], reason=OwnerChangeReason.TRANSFERRED)
    assert (change.by, change.note) == (people.superior, "新片区")
    with pytest.raises(ValidationError):
        handover.publish_scenario(actor=people.superior, scenario=found)
    with pytest.raises(ValidationError):
        services.move_customers(actor=people.superior, scenario=found, rows=[1], rep=people.owner.pk)
    with pytest.raises(ValidationError):
        services.delete_scenario(actor=people.superior, scenario=TerritoryScenario.objects.get(pk=found.pk))
    assert handover.undo_handover(actor=people.superior, scenario=found) == 1
    handover.run_handover(found.pk)
    assert set(Customer.objects.filter(pk__in=moving[2:]).values_list("owner", flat=True)) == {
        people.owner.pk
    }
    assert found.handovers.get().job.state == BulkState.UNDONE
    with pytest.raises(ValidationError):
        handover.undo_handover(actor=people.superior, scenario=found)


def test_a_full_rep_refuses_what_is_over_his_cap(people, uneven):
    found = reckoned(people.superior, [people.owner, people.colleague])
    SystemOptions.objects.update_or_create(pk=1, defaults={"holding_cap": 8})
    handover.publish_scenario(actor=people.superior, scenario=found)
    handover.run_handover(found.pk)
    job = found.handovers.get().job
    assert (job.changed, job.changed + job.refused) == (2, job.total)
    assert "8" in job.items.filter(changed=False).first().reason


# --- two customers made one


def test_merged_customers_stand_once_in_a_scenario(people, uneven):
    mine, _theirs = uneven
    found = reckoned(people.superior, [people.owner, people.colleague])
    merge = merge_customers(actor=people.admin, keep=mine[0].pk, merge=mine[1].pk)
    assert found.customers.count() == 29
    undo_merge(actor=people.admin, merge=merge)
    assert found.customers.filter(customer=mine[1]).exists()


# --- screens


def test_screens_are_for_the_maker_and_his_superiors(people, uneven, login, django_assert_max_num_queries):
    found = reckoned(people.superior, [people.owner, people.colleague])
    other = UserFactory(role="manager", department=DepartmentFactory(parent=people.head))
    row = found.customers.filter(owner=people.owner, rep=people.colleague).first()
    reads = [reverse(f"territory:scenario_{name}", args=[found.pk]) for name in ("detail", "map", "edit")]
    reads.append(reverse("territory:scenario_customers", args=[found.pk]) + f"?place={row.place}")
    posts = [
        reverse(f"territory:scenario_{name}", args=[found.pk])
        for name in ("move", "undo", "again", "delete", "publish", "take_back")
    ]
    for who, status in ((people.superior, 200), (people.admin, 200), (other, 404), (people.finance, 403)):
        client = login(who)
        for address in reads:
            assert client.get(address).status_code == status, (who, address)
    for who, status in ((other, 404), (people.finance, 403), (people.owner, 403)):
        for address in posts:
            assert login(who).post(address).status_code == status, (who, address)
    for address in ("scenario_list", "scenario_create", "scenario_compare"):
        assert login(people.finance).get(reverse(f"territory:{address}")).status_code == 403
    client = login(people.superior)
    with django_assert_max_num_queries(16):
        text = client.get(reads[0]).content.decode()
    assert "张业务" in text
    assert str(row.customer) in login(people.superior).get(reads[3]).content.decode()


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(people, uneven, login):
    address = reverse("territory:scenario_create")
    data = {
        "name": "新片区",
        "reps": [people.owner.pk],
        "locked_reps": [people.owner.pk],
        "weight": "customers",
    }
    text = login(people.superior).post(address, data).content.decode()
    assert "新片区" in text
    assert "至少" in text
    assert not TerritoryScenario.objects.exists()
    # A stranger is no choice.
    data |= {"reps": [people.owner.pk, people.outsider.pk], "locked_reps": []}
    login(people.superior).post(address, data)
    assert not TerritoryScenario.objects.exists()
    data |= {
        "reps": [people.owner.pk, people.colleague.pk], "tolerance": 10, "keep_km": 2, "minutes": 20,
        "visits_a": 4, "visits_b": 2, "visits_c": 1, "visits_none": 1,
    }  # fmt: skip
    answer = login(people.superior).post(address, data)
    made = TerritoryScenario.objects.get()
    assert answer.url == made.get_absolute_url()
    copy = login(people.superior).get(f"{address}?copy={made.pk}").content.decode()
    assert "新片区，副本" in copy


def test_moving_publishing_and_comparing_by_the_screens(
    people, uneven, login, django_capture_on_commit_callbacks
):
    first = reckoned(people.superior, [people.owner, people.colleague])
    second = reckoned(people.superior, [people.owner, people.colleague], tolerance=80, name="少动")
    client = login(people.superior)
    row = first.customers.filter(rep=people.owner).first()
    move = reverse("territory:scenario_move", args=[first.pk])
    answer = client.post(move, {"row": [row.pk], "rep": people.colleague.pk}, headers={"HX-Request": "true"})
    assert json.loads(answer["HX-Trigger"])["scenario-changed"]
    row.refresh_from_db()
    assert row.rep == people.colleague
    client.post(reverse("territory:scenario_undo", args=[first.pk]))
    row.refresh_from_db()
    assert row.rep == people.owner
    answer = client.post(reverse("territory:scenario_compare"), {"pk": [first.pk, second.pk]})
    text = client.get(answer.url).content.decode()
    assert "均衡" in text
    assert "少动" in text
    publish = reverse("territory:scenario_publish", args=[first.pk])
    client.post(publish)
    first.refresh_from_db()
    assert first.state == ScenarioState.READY  # a stray post publishes nothing
    with django_capture_on_commit_callbacks(execute=True):
        client.post(publish, {"sure": "1"})
    assert Customer.objects.filter(owner=people.colleague).count() > 6
    assert client.get(first.get_absolute_url()).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("territory:scenario_take_back", args=[first.pk]))
    assert Customer.objects.filter(owner=people.colleague).count() == 6
