"""The customer list of 50,000 customers, and a search in it, against a bare 50-row Django table, on PostgreSQL.

    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.customer_list [--customers N] [--rounds N]

Makes a database of its own beside the one named and drops it at the end. All pages go through the same middleware
with the same session of a logged-in person. "bare" is a view of two lines, the newest 50 customers with their
relations in a template loop over ten columns: no scope, no filter form, no count. The others are the product's own
pages: the list with its filters, sorting and page count, searches in it (as the search box asks for them: only the
results), a page far behind, and the same for a department's manager, whose scope has to be found out first. The pages
are asked for in turns, so that a busy machine is busy for all of them. See docs/benchmarks.md.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time
from functools import cache

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client, override_settings
from django.urls import include, path

from accounts.models import Department, Role, User
from common.geo.cells import cell_of
from crm.models import Customer, Dictionary, Tag
from crm.services import index_fields

FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN = "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂"
PLACE = "屯溪长江黄山芜湖望江金寨习友徽州繁华合作潜山高河明光临泉宿松"
KIND = ["超市", "便利店", "烟酒店", "小吃部", "生鲜", "粮油店", "食品商行", "饭店", "副食"]

BARE = """<!doctype html><title>Customers</title><table class="table"><thead><tr><th>Code<th>Name<th>Level<th>Channel
<th>Region<th>Owner<th>Visit<th>Order<th>Sale<th>Created</tr></thead><tbody>{% for row in rows %}<tr><td>{{ row.code }}</td>
<td><a href="/customers/{{ row.pk }}/">{{ row.name }}</a></td><td>{{ row.level }}</td><td>{{ row.channel.name }}</td>
<td>{{ row.region.name }}</td><td>{{ row.owner.name }}</td><td>{{ row.last_visit_on|date:"m-d" }}</td>
<td>{{ row.last_order_on|date:"m-d" }}</td><td>{{ row.last_sale_on|date:"m-d" }}</td><td>{{ row.created_on|date:"m-d" }}</td>
</tr>{% endfor %}</tbody></table>"""

# Not the search columns, which would make the bare page slower and ours look better.
BARE_FIELDS = [
    *("code", "name", "level", "last_visit_on", "last_order_on", "last_sale_on", "created_on"),
    *("channel__name", "region__name", "owner__name"),
]


def bare_list(request: HttpRequest) -> HttpResponse:
    """What Django costs by itself for 50 rows of ten columns."""
    rows = (
        Customer.objects.select_related("channel", "region", "owner").only(*BARE_FIELDS).order_by("-pk")[:50]
    )
    return HttpResponse(bare_template().render({"rows": rows}, request))


@cache
def bare_template():
    return engines["django"].from_string(BARE)


urlpatterns = [path("bare/", bare_list), path("", include("config.urls"))]


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def make_company(count):
    """Twelve reps in two departments, their manager and a boss, and `count` shops with indexes as the services make them."""
    pick = random.Random(7)
    head = Department.objects.create(name="总部")
    sales = [Department.objects.create(name=f"销售{n}部", parent=head) for n in "一二"]
    role = {code: Role.objects.get(code=code) for code in ("admin", "manager", "rep")}
    boss = User.objects.create(username="boss", name="管理员", role=role["admin"], department=head)
    manager = User.objects.create(
        username="manager", name="王经理", role=role["manager"], department=sales[0]
    )
    reps = [
        User.objects.create(
            username=f"rep{n}", name=f"业务员{n}", role=role["rep"], department=sales[n % 2], superior=manager
        )
        for n in range(12)
    ]
    channels = list(Dictionary.objects.filter(kind="channel").values_list("pk", flat=True))
    regions = [Dictionary.objects.create(kind="region", name=f"{n}区").pk for n in "甲乙丙丁戊己"]
    Tag.objects.bulk_create([Tag(name=name) for name in ("重点", "冰柜", "新客")])
    columns = (
        *(
            "code",
            "name",
            "level",
            "channel_id",
            "region_id",
            "owner_id",
            "received_on",
            "created_on",
            "address",
        ),
        *("last_visit_on", "last_order_on", "last_sale_on", "name_key", "search_text", "search_grams"),
        *(
            "latitude",
            "longitude",
            "cell",
            "location_status",
            "status",
            "alerts_exempt",
            "pool_locked",
            "extra",
            "created_at",
            "updated_at",
        ),
    )
    empty = [
        f.column
        for f in Customer._meta.concrete_fields
        if f.get_internal_type() in ("CharField", "TextField")
    ]
    blank = [name for name in empty if name not in columns]
    sql = f"COPY crm_customer ({', '.join([*columns, *blank])}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for n in range(count):
            code = f"C{n + 1:06}"
            name = (
                pick.choice(PLACE)
                + pick.choice(PLACE)
                + pick.choice(FAMILY)
                + pick.choice(GIVEN)
                + pick.choice(KIND)
            )
            phone = f"13{pick.randrange(10**9):09}"
            fields = index_fields(
                code=code, name=name, phones=[phone], contacts=[pick.choice(FAMILY) + "老板"]
            )
            dates = [
                f"2026-{pick.randrange(1, 12):02}-{pick.randrange(1, 29):02}" if pick.random() < 0.8 else None
            ] * 3
            copy.write_row(
                [
                    *(code, name, pick.choice("ABC"), pick.choice(channels), pick.choice(regions)),
                    *(pick.choice(reps).pk, "2026-01-01", "2026-01-01", f"长江西路{n}号", *dates),
                    *(fields["name_key"], fields["search_text"], fields["search_grams"]),
                    *(
                        *(place := (31.8 + pick.random() / 10, 117.2 + pick.random() / 10)),
                        cell_of(*place),
                        "confirmed",
                        "active",
                        False,
                        False,
                        "{}",
                    ),
                    *("2026-01-01", "2026-01-01"),
                    *([""] * len(blank)),
                ]
            )
    execute("VACUUM ANALYZE")
    return boss, manager


def measure(boss, manager, rounds):
    """Medians in milliseconds and the number of queries of each page."""
    clients = {}
    for name, user in (("boss", boss), ("manager", manager)):
        clients[name] = Client(headers={"host": "localhost"})
        clients[name].force_login(user, backend="accounts.backends.RoleBackend")
    tail = Customer.objects.order_by("-pk").values_list("search_text", flat=True)[7].split("\n")[-1][-4:]
    search = {"HX-Request": "true", "HX-Target": "results"}
    pages = {
        "bare": ("boss", "/bare/", {}),
        "list": ("boss", "/customers/", {}),
        "search_name": ("boss", "/customers/?q=长江", search),
        "search_initials": ("boss", "/customers/?q=cjw", search),
        "search_phone_tail": ("boss", f"/customers/?q={tail}", search),
        "search_one_sign": ("boss", "/customers/?q=王", search),
        "search_nothing": ("boss", "/customers/?q=并没有这家店", search),
        "search_full_page": ("boss", "/customers/?q=长江", {}),
        "filter_level": ("boss", "/customers/?level=A", {}),
        "page_500": ("boss", "/customers/?page=500", {}),
        "by_last_visit": ("boss", "/customers/?sort=last_visit_on", {}),
        "list_of_manager": ("manager", "/customers/", {}),
        "search_of_manager": ("manager", "/customers/?q=长江", search),
    }
    times = {name: [] for name in pages}
    for turn in range(rounds + 3):
        for name, (who, address, headers) in pages.items():
            start = time.perf_counter()
            response = clients[who].get(address, headers=headers, secure=True)
            seconds = time.perf_counter() - start
            assert response.status_code == 200, (name, response.status_code)
            if turn >= 3:  # the first rounds fill caches that stay
                times[name].append(seconds * 1000)
    return {name: round(statistics.median(values), 2) for name, values in times.items()}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        sys.exit("DATABASE_URL must name a PostgreSQL server")
    home, own = connection.settings_dict["NAME"], f"benchmark_customer_list_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f"CREATE DATABASE {own}")
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        started = time.perf_counter()
        boss, manager = make_company(options.customers)
        print(
            f"{own}: {options.customers:,} customers in {time.perf_counter() - started:.0f} s",
            file=sys.stderr,
        )
        static = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
        with override_settings(
            ROOT_URLCONF="benchmarks.customer_list", STORAGES={**settings.STORAGES, **static}
        ):
            medians = measure(boss, manager, options.rounds)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        execute(f"DROP DATABASE {own}")
    ratios = {page: round(value / medians["bare"], 2) for page, value in medians.items()}
    for page, value in medians.items():
        print(f"{page:20} {value:8.2f} ms  {ratios[page]:6.2f} ×")
    print(json.dumps({"customers": options.customers, "median_ms": medians, "ratio_to_bare": ratios}))


if __name__ == "__main__":
    main()
