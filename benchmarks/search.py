"""Search and the duplicate check's look-ups over 1,000,000 customers on PostgreSQL, in milliseconds and against SQL.

    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.search [--customers N] [--rounds N]

Makes a database of its own beside the one named and drops it at the end; a million customers take some eight minutes
to write and 3 GB of disk. The search columns are made by the product. Each search is what the list page asks: the
count, which stops at 5,000, and the first 50 rows, for somebody who sees everything and for a rep with 150 customers.
"by hand" are the statements one would write for this one search: the same count and the same rows in the same order,
with the grams spelled out and none of Django; both must find the same. "exact" is the count of all rows, as the list
makes it on demand. The look-ups are those of the duplicate check. See docs/benchmarks.md.
"""

import argparse
import json
import os
import random
import statistics
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.db.models import F

from accounts.models import Role, User
from common.geo.cells import cell_of
from common.names import gram_numbers, normalise_name, query_grams
from common.paging import BOUND
from crm.models import Customer, Phone
from crm.services import index_fields
from crm.views.paging import CustomerPaginator

FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆"
GIVEN = "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红鹏辉燕凤琴云飞建国志文海波宁龙"
PLACE = (
    "屯溪长江黄山芜湖望江金寨习友徽州繁华合作潜山高河明光临泉宿松新城东西南北中人民解放建设和平胜利团结幸福"
)
KIND = [
    "超市",
    "便利店",
    "烟酒店",
    "小吃部",
    "生鲜",
    "粮油店",
    "食品商行",
    "饭店",
    "副食",
    "烘焙",
    "水果店",
    "批发部",
]
OWN = 150
FIELDS = ("code", "name", "level", "status", "last_visit_on", "last_order_on")


def execute(sql, params=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def shops(count):
    """(code, name, phone, contact) of each shop, the same every time; one in seven belongs to a chain."""
    pick = random.Random(7)
    sign = "".join(dict.fromkeys(FAMILY + GIVEN + PLACE))
    for number in range(count):
        person = pick.choice(FAMILY) + pick.choice(GIVEN) + pick.choice(GIVEN)
        kind, road = pick.choice(KIND), pick.choice(PLACE) + pick.choice(PLACE)
        brand = "好又多" if number % 7 == 0 else pick.choice(sign) + pick.choice(sign) + pick.choice(sign)
        name = f"{brand}{kind}（{road}路店）" if number % 3 else f"{brand}{kind}"
        yield f"C{number + 1:06}", name, f"1{pick.randrange(30, 99)}{pick.randrange(10**8):08}", person


def make_company(count, places=None):
    """A rep with 150 customers, twenty others with the rest, and somebody who sees all.

    `places` yields (province, city, latitude, longitude) for each customer; without it nobody has a place.
    """
    role = {code: Role.objects.get(code=code) for code in ("admin", "rep")}
    boss = User.objects.create(username="boss", name="管理员", role=role["admin"])
    rep = User.objects.create(username="rep", name="业务员", role=role["rep"])
    others = [User.objects.create(username=f"rep{n}", name=f"业务员{n}", role=role["rep"]) for n in range(20)]
    fixed = {
        field.column: "" if field.get_internal_type() in ("CharField", "TextField") else field.get_default()
        for field in Customer._meta.concrete_fields
        if not field.null and not field.primary_key
    }
    fixed |= {"extra": "{}", "status": "active", "location_status": "none", "created_on": "2026-01-01"}
    fixed |= {"created_at": "2026-01-01", "updated_at": "2026-01-01", "received_on": "2026-01-01"}
    made = ["id", "code", "name", "name_key", "search_text", "search_grams", "owner_id"]
    made += ["province", "city", "latitude", "longitude", "cell"] if places else []
    rest = [name for name in fixed if name not in made]
    tail = [fixed[name] for name in rest]
    step = count // OWN
    # The index is quicker to build at the end than to fill, and it is not the import that is measured here.
    execute("DROP INDEX customer_search_grams")
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY crm_customer ({', '.join([*made, *rest])}) FROM STDIN") as copy,
    ):
        for number, (code, name, phone, contact) in enumerate(shops(count), 1):
            fields = index_fields(code=code, name=name, phones=[phone], contacts=[contact])
            owner = rep if number % step == 0 and number // step <= OWN else others[number % 20]
            place = next(places) if places else ()
            cell = [cell_of(*place[2:])] if place else ()
            copy.write_row([number, code, name, *fields.values(), owner.pk, *place, *cell, *tail])
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY crm_phone (customer_id, raw, e164, position) FROM STDIN") as copy,
    ):
        for number, (_code, _name, phone, _contact) in enumerate(shops(count), 1):
            copy.write_row([number, phone, f"+86{phone}", 0])
    execute("UPDATE crm_customer SET tax_id = '91340' || lpad(id::text, 13, '0') WHERE id % 10 = 0")
    execute("CREATE INDEX customer_search_grams ON crm_customer USING gin (search_grams)")
    execute("VACUUM ANALYZE")
    return boss, rep


def sample(count, size, seed):
    """Some of the customers: (code, name, search text, phone)."""
    ids = random.Random(seed).sample(range(1, count + 1), size)
    rows = Customer.objects.filter(pk__in=ids).values_list("code", "name", "search_text", "phones__raw")
    return list(rows)


def searches(count, rounds):
    """{kind: [what is typed]}, all taken from customers there are, but for the last."""
    rows = sample(count, rounds, 11)
    return {
        "name, four signs": [name[:4] for _code, name, _text, _phone in rows],
        "name, two signs": [name[:2] for _code, name, _text, _phone in rows],
        "one sign": [name[0] for _code, name, _text, _phone in rows],
        "pinyin, four initials": [text.split("\n")[2][:4] for _code, _name, text, _phone in rows],
        "pinyin, two initials": [text.split("\n")[2][:2] for _code, _name, text, _phone in rows],
        "phone, last four": [phone[-4:] for _code, _name, _text, phone in rows],
        "phone, whole": [phone for _code, _name, _text, phone in rows],
        "code": [code for code, _name, _text, _phone in rows],
        "name and phone": [f"{name[:2]} {phone[-4:]}" for _code, name, _text, phone in rows],
        "a chain's name": ["好又多"] * rounds,
        "nothing to find": [f"鑫鑫{phone[-4:]}鑫" for _code, _name, _text, phone in rows],
    }


def found(user, text):
    return Customer.objects.visible_to(user).only(*FIELDS).search(text)


def ask(user, text):
    """What the list page asks: (count up to the bound, keys of the first page)."""
    page = CustomerPaginator(found(user, text), 50, with_names).get_page(1)
    return page.paginator.count, [row.pk for row in page.object_list]


def with_names(rows):
    """What every row of the list shows of other tables; the columns a person may add are not measured here."""
    return rows.annotate(
        channel_name=F("channel__name"), region_name=F("region__name"), owner_name=F("owner__name")
    )


def by_hand(owner, text):
    """The same in SQL: the grams, LIKE, the count, and the first rows with three names beside them."""
    words = text.lower().split()
    grams = gram_numbers([gram for word in words for gram in query_grams(word)])
    where, params = "c.search_grams @> %s::integer[]", [grams]
    for word in words:
        where += " AND c.search_text LIKE %s"
        params.append(f"%{word}%")
    if owner is not None:
        where += " AND c.owner_id = %s"
        params.append(owner)
    (count,) = execute(
        f"SELECT count(*) FROM (SELECT 1 FROM crm_customer c WHERE {where} LIMIT {BOUND}) hits", params
    )[0]
    rows = execute(
        "SELECT c.id, c.code, c.name, c.level, c.status, c.last_visit_on, c.last_order_on, h.name, r.name, u.name"
        " FROM crm_customer c LEFT JOIN crm_dictionary h ON h.id = c.channel_id LEFT JOIN crm_dictionary r"
        f" ON r.id = c.region_id LEFT JOIN accounts_user u ON u.id = c.owner_id WHERE {where}"
        " ORDER BY c.id DESC LIMIT 50",
        params,
    )
    return count, [row[0] for row in rows]


def timed(work):
    began = time.perf_counter()
    answer = work()
    return (time.perf_counter() - began) * 1000, answer


def figures(spent):
    """Median and 95th percentile in milliseconds."""
    return {
        "median": round(statistics.median(spent), 1),
        "p95": round(sorted(spent)[int(len(spent) * 0.95) - 1 if len(spent) > 1 else 0], 1),
    }


def measure_searches(people, count, rounds):
    report = {}
    for kind, texts in searches(count, rounds).items():
        for who, user in people.items():
            owner = user.pk if who == "rep" else None
            ours, hand, exact, counts = [], [], [], []
            for text in texts:
                spent, answer = timed(lambda user=user, text=text: ask(user, text))
                spent_by_hand, wanted = timed(lambda owner=owner, text=text: by_hand(owner, text))
                assert answer == wanted, (kind, text, answer, wanted)
                ours.append(spent)
                hand.append(spent_by_hand)
                if who == "all":
                    spent_exactly, number = timed(lambda user=user, text=text: found(user, text).count())
                    exact.append(spent_exactly)
                else:
                    number = answer[0]
                counts.append(number)
            report[f"{kind}, {who}"] = {
                **figures(ours),
                "found": statistics.median(counts),
                "of_sql": round(statistics.median(ours) / statistics.median(hand), 2),
                **({"exact": figures(exact)["median"]} if exact else {}),
            }
            print(f"{kind}, {who}", report[f"{kind}, {who}"], flush=True)
    return report


def measure_lookups(count, rounds):
    """The duplicate check: exact by each column, and the candidates for a similar name."""
    rows = sample(count, rounds, 13)
    tax_ids = [f"91340{number:013}" for number in random.Random(5).sample(range(10, count, 10), rounds)]
    keys = [normalise_name(name) for _code, name, _text, _phone in rows]
    # One sign in the middle is another one: the name somebody types for a shop that is there.
    typed = [key[: len(key) // 2] + "鑫" + key[len(key) // 2 + 1 :] for key in keys]
    kinds = {
        "normalised name": (lambda key: list(Customer.objects.filter(name_key=key).values_list("pk")), keys),
        "tax id": (lambda tax_id: list(Customer.objects.filter(tax_id=tax_id).values_list("pk")), tax_ids),
        "phone": (
            lambda phone: list(Phone.objects.filter(e164=f"+86{phone}").values_list("customer_id")),
            [phone for _code, _name, _text, phone in rows],
        ),
        "candidates for a name": (candidates, keys),
        "candidates for a name with another sign": (candidates, typed),
        "candidates for a name of everyday words": (
            candidates,
            ["便利店", "好又多便利店", "好又多", "食品商行"],
        ),
    }
    report = {}
    for kind, (look_up, values) in kinds.items():
        spent = [timed(lambda value=value, look_up=look_up: look_up(value)) for value in values]
        found = statistics.median(len(answer) for _ms, answer in spent)
        report[kind] = {**figures([ms for ms, _answer in spent]), "found": found}
        print(kind, report[kind], flush=True)
    lost = sum(
        (key,) not in candidates(other) for key, other in zip(keys, typed, strict=True) if len(key) >= 5
    )
    assert not lost, f"{lost} of {len(keys)} similar names are not among the candidates"
    return report


def candidates(key):
    return list(Customer.objects.sharing_grams(key).values_list("name_key"))


def measure(count, rounds):
    boss, rep = make_company(count)
    people = {"all": boss, "rep": rep}
    assert Customer.objects.visible_to(rep).count() == OWN
    size = execute(
        "SELECT pg_size_pretty(pg_total_relation_size('crm_customer')), pg_size_pretty(pg_relation_size('customer_search_grams'))"
    )[0]
    print("table and index", size, flush=True)
    # Pages that nobody has read yet measure the disk; a server has them in memory after the first minutes.
    execute("SELECT count(search_text) FROM crm_customer")
    ask(boss, "蜗牛")
    return {
        "customers": count,
        "searches": measure_searches(people, count, rounds),
        "lookups": measure_lookups(count, rounds),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=30)
    arguments = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("DATABASE_URL must name a PostgreSQL server")
    home, own = connection.settings_dict["NAME"], f"benchmark_search_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f"CREATE DATABASE {own}")
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        print(json.dumps(measure(arguments.customers, arguments.rounds), ensure_ascii=False))
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        execute(f"DROP DATABASE {own}")


if __name__ == "__main__":
    main()
