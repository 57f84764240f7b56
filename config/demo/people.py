"""Departments, people and what they may do."""

from random import Random

from django.contrib.auth.hashers import make_password
from django.db.models import Value
from django.db.models.functions import Concat
from django.utils import timezone

from accounts.enums import DataScope, RoleCode
from accounts.models import Department, Role, SystemOptions, User
from config.demo.city import GIVEN, SURNAMES, ZONES

PASSWORD = "paodian2026"  # noqa: S105 - printed for everybody on the login of a demo
COMPANY = "合肥佳源商贸有限公司"
TEAMS = ("销售一部", "销售二部", "销售三部")


def make_people(rng: Random, reps: int) -> list[User]:
    """The company's people; returns the reps in the order of their zones.

    One password for all, hashed once: hashing is what takes long.
    """
    SystemOptions.load()
    SystemOptions.objects.update(company_name=COMPANY)
    roles = {role.code: role for role in Role.objects.all()}
    head = Department.objects.create(name=COMPANY)
    teams = [Department.objects.create(name=name, parent=head, position=n) for n, name in enumerate(TEAMS)]
    office = Department.objects.create(name="内勤部", parent=head, position=8)
    finance = Department.objects.create(name="财务部", parent=head, position=9)
    hashed = make_password(PASSWORD)

    def person(username: str, name: str, role: RoleCode, department: Department, **more: object) -> User:
        return User.objects.create(
            username=username, name=name, password=hashed, role=roles[role], department=department, **more
        )

    person("admin", "系统管理员", RoleCode.ADMIN, head, is_staff=True, is_superuser=True, title="管理员")
    director = person(
        "boss", "陈总", RoleCode.MANAGER, head, title="总经理", phone="13905510001", data_scope=DataScope.ALL
    )
    leaders = [
        person(f"manager{n}", name, RoleCode.MANAGER, team, superior=director, title="销售经理")
        for n, (team, name) in enumerate(zip(teams, ("王海涛", "刘敏", "周志强"), strict=True), start=1)
    ]
    person("finance", "钱会计", RoleCode.FINANCE, finance, superior=director, title="会计")
    person("office", "孙内勤", RoleCode.BACK_OFFICE, office, superior=director, title="内勤")
    people = []
    for n in range(reps):
        team = n * len(teams) // max(reps, 1)
        people.append(
            person(
                f"rep{n + 1}",
                rng.choice(SURNAMES) + rng.choice(GIVEN),
                RoleCode.REP,
                teams[team],
                superior=leaders[team],
                title="业务员",
                phone=f"138{5510 + n:04}{rng.randrange(10000):04}",
                usual_region=ZONES[n % len(ZONES)].name,
                tracking_notice_at=timezone.now(),
            )
        )
    return people


def give_addresses() -> None:
    """The last thing: with an address from the start, all that is told while the company loads would go out as mail."""
    User.objects.filter(email="").update(email=Concat("username", Value("@example.com")))
