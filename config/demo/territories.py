"""Territories: two scenarios of the same team to compare, and where people live."""

from __future__ import annotations

import datetime as dt
from random import Random

from accounts.models import User
from common.geo.cells import cell_of
from config.demo.city import ZONES
from territory.models import Population
from territory.rules.territory_terms import Terms
from territory.services.territories import run_scenario, save_scenario

DISTRICTS = {"蜀山区": 1_050_000, "包河区": 1_220_000, "庐阳区": 700_000, "瑶海区": 920_000}
BLOCKS = 12  # of each zone, some hundred metres apart


def make_territories(rng: Random, team: list[User], now: dt.datetime) -> None:
    """Call it when customers, sales and levels are there."""
    _people_live(rng)
    boss = User.objects.get(username="boss")
    manager = team[0].superior or boss
    mine = [rep for rep in team if rep.superior_id == manager.pk]
    for actor, reps, name, weight, tolerance, keep_km in (
        (manager, mine, "按拜访次数均衡", "visits", 3, 1.0),
        (boss, team, "全公司按销售额均衡", "sales", 10, 0.5),
        (boss, team, "全公司少动客户", "customers", 10, 15.0),
    ):
        values = {"name": name, "weight": weight, "tolerance": tolerance, "keep_km": keep_km}
        scenario = save_scenario(actor=actor, scenario=None, values=values, terms=Terms(), reps=reps, now=now)
        run_scenario(scenario.pk, now=now)


def _people_live(rng: Random) -> None:
    rows = []
    for zone in ZONES:
        for _ in range(BLOCKS):
            at = zone.latitude + rng.gauss(0, 0.008), zone.longitude + rng.gauss(0, 0.01)
            rows.append(
                Population(
                    latitude=at[0], longitude=at[1], cell=cell_of(*at), residents=rng.randrange(2_000, 14_000)
                )
            )
    rows += [
        Population(city="合肥市", district=district, residents=residents)
        for district, residents in DISTRICTS.items()
    ]
    Population.objects.bulk_create(rows)
