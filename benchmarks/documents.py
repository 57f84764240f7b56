"""Search over 10,000 documents on PostgreSQL, in milliseconds and against SQL; the goal is under 200 ms.

    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.documents [--documents N] [--rounds N]

Makes a database of its own beside the one named and drops it at the end. Texts have some 1,300 characters, every fourth
document an attachment of 8,000; half of the documents are for everybody, the rest for a department, a role or a person.
The search columns are made by the product. "page" is the whole answer of the list page to the search box, through the
middleware with a logged-in session; "asked" are its statements alone: the count, the first 30 rows and their snippets; "by
hand" is one statement that finds the same rows in the same order, without Django, scope or snippets; "cpu" is the processor
time of a page, Python's and the server process's, which says on a busy machine what the clock does not. See docs/benchmarks.md.
"""

import argparse
import datetime as dt
import itertools
import json
import os
import random
import statistics
import time
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Department, Role, User
from common.business_calendar import today
from common.names import fold, gram_numbers, query_grams
from team.models import Document, DocumentAudience, DocumentFile, Folder
from team.queries.documents import add_snippets, list_rows
from team.rules.documents import search_words
from team.services.document_index import index_fields
from team.views.document_paging import TieredPaginator

_LINES = (
    "价格 政策 渠道 返利 结款 便利店 超市 餐饮 陈列 促销 活动 费用 审批 苏打水 矿泉水 冰红茶 啤酒 白酒 坚果 礼盒 饼干 牛奶",
    "拜访 打卡 门头 照片 库存 动销 订单 回款 账期 信用 发货 退货 临期 破损 培训 话术 客户 业务员 经理 考核 目标 竞品 报价 合同",
    "SKU550 Carton24 POP-A3 系统 登记 凭证 上传 流程 制度 通知 执行 日期 规格 保质期 箱 瓶 罐 装箱 物流 仓库 盘点",
)
WORDS = [word for line in _LINES for word in line.split()]
# How often a word is used follows its place, as in any language: the first ones stand in nearly every text.
_SIGNS = "安北春东方高广海红华吉金京康乐利明南平清泉仁瑞山盛顺泰天旺西祥新兴阳永玉元源云泽正中"
WORDS += [first + second for first in _SIGNS for second in _SIGNS[::4] if first != second]
WEIGHTS = list(itertools.accumulate(1 / (place + 3) for place in range(len(WORDS))))
RARE = [f"特供{number}号" for number in range(400)]
QUERIES = {
    "one sign": ["价", "水", "货"],
    "a frequent word": ["价格", "苏打水", "业务员"],
    "two frequent words": ["价格 渠道", "促销 审批", "库存 订单"],
    "three words": ["坚果 礼盒 破损", "拜访 打卡 照片", "carton24 装箱 规格"],
    "a rare word": ["特供7号", "特供123号", "特供399号"],
    "a word of middling frequency": ["安北", "盘点", "利泰"],
    "a phrase that is nowhere": ["价格苏打业务", "返利水", "订单啤礼"],
    "pinyin initials of a title": ["jgzc", "cxhd", "kcdd"],
}


def execute(sql, params=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def sentence(pick, characters):
    parts, length = [], 0
    while length < characters:
        word = pick.choices(WORDS, cum_weights=WEIGHTS)[0]
        parts.append(word)
        length += len(word)
        if pick.random() < 0.1:
            parts.append("，")
    return "".join(parts)


def make_library(count):
    """An editor who sees all of it, a rep who sees what is for him, and the documents."""
    pick = random.Random(7)
    department = Department.objects.create(name="销售一部")
    other = Department.objects.create(name="销售二部")
    role = {code: Role.objects.get(code=code) for code in ("admin", "rep", "finance")}
    boss = User.objects.create(username="boss", name="管理员", role=role["admin"])
    rep = User.objects.create(username="rep", name="业务员", role=role["rep"], department=department)
    folders = [Folder.objects.create(name=f"目录{number}") for number in range(40)]
    now = timezone.now()
    rows, files = [], []
    for number in range(count):
        title = f"{sentence(pick, 4)}{pick.choice(RARE)} {number}"
        body = "".join(f"<p>{sentence(pick, 160)}</p>" for _ in range(8))
        text = sentence(pick, 8000) if number % 4 == 0 else ""
        rows.append(
            Document(
                folder=pick.choice(folders),
                title=title,
                body_html=body,
                author=boss,
                updated_by=boss,
                status="published",
                published_at=now,
                for_all=number % 2 == 0,
                updated_at=now - dt.timedelta(minutes=number),
                **index_fields(
                    title=title, body_html=body, files=[f"附件{number}.docx\n{text}"] if text else []
                ),
            )
        )
        if text:
            files.append((number, text))
    made = Document.objects.bulk_create(rows, batch_size=500)
    whom = ({"department": department}, {"department": other}, {"role": role["finance"]}, {"user": rep})
    DocumentAudience.objects.bulk_create(
        DocumentAudience(document=row, **whom[number // 2 % 4])
        for number, row in enumerate(made)
        if number % 2
    )
    DocumentFile.objects.bulk_create(
        (
            DocumentFile(
                document=made[number],
                name=f"附件{number}.docx",
                suffix="docx",
                size=1,
                file="none",
                state="done",
                text=text,
                created_by=boss,
            )
            for number, text in files
        ),
        batch_size=200,
    )
    execute("VACUUM ANALYZE")
    return boss, rep


def ask(user, text):
    """The statements of the list page: (count up to the bound, keys of the first page)."""
    rows = list_rows(user, today()).exclude(status="archived")
    page = TieredPaginator(rows, 30, query=text).get_page(1)
    found = list(page.object_list)
    add_snippets(found, text)
    return page.paginator.count, [row.pk for row in found]


def by_hand(text):
    """Keys of the first page for somebody who sees everything."""
    words = search_words(fold(text))
    grams = gram_numbers([gram for word in words for gram in query_grams(word)])
    like = [f"%{word}%" for word in words]
    every = " AND ".join(["(title_text LIKE %s OR body_text LIKE %s OR files_text LIKE %s)"] * len(words))
    title = " AND ".join(["title_text LIKE %s"] * len(words))
    both = " AND ".join(["(title_text LIKE %s OR body_text LIKE %s)"] * len(words))
    rows = execute(
        f"SELECT id FROM team_document WHERE search_grams @> %s::integer[] AND {every}"
        f" ORDER BY CASE WHEN {title} THEN 0 WHEN {both} THEN 1 ELSE 2 END, updated_at DESC, id DESC LIMIT 30",
        [grams, *(w for w in like for _ in range(3)), *like, *(w for w in like for _ in range(2))],
    )
    return [pk for (pk,) in rows]


def timed(work):
    began = time.perf_counter()
    answer = work()
    return (time.perf_counter() - began) * 1000, answer


def cpu_ms(server):
    """Processor time of this process and of a server process on this machine so far."""
    fields = Path(f"/proc/{server}/stat").read_text().rsplit(")", 1)[1].split()
    return (time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")) * 1000


def logged_in(user):
    client = Client()
    client.force_login(user, backend="accounts.backends.RoleBackend")
    return client


def measure(count, rounds):
    boss, rep = make_library(count)
    clients = {user: logged_in(user) for user in (boss, rep)}
    head = {"hx-request": "true", "hx-target": "results"}
    server = execute("SELECT pg_backend_pid()")[0][0]
    for client in clients.values():
        client.get("/documents/", headers=head)  # templates and translations are loaded once in a process
    report = {}
    for kind, texts in QUERIES.items():
        for who, user in (("all", boss), ("rep", rep)):
            pages, asked, hand, counts, busy = [], [], [], [], 0
            for text in texts * rounds:
                spent, answer = timed(lambda user=user, text=text: ask(user, text))
                asked.append(spent)
                counts.append(answer[0])
                url = f"/documents/?q={text}"
                before = cpu_ms(server)
                spent, page = timed(lambda user=user, url=url: clients[user].get(url, headers=head))
                busy += cpu_ms(server) - before
                assert page.status_code == 200
                pages.append(spent)
                if who == "all":
                    spent, wanted = timed(lambda text=text: by_hand(text))
                    assert wanted == answer[1], (text, wanted, answer)
                    hand.append(spent)
            report[f"{kind}, {who}"] = {
                "page": round(statistics.median(pages), 1),
                "page_worst": round(max(pages), 1),
                "cpu": round(busy / len(pages)),
                "asked": round(statistics.median(asked), 1),
                **({"by_hand": round(statistics.median(hand), 1)} if hand else {}),
                "found": statistics.median(counts),
            }
            print(f"{kind}, {who}", report[f"{kind}, {who}"], flush=True)
    size = execute(
        "SELECT pg_size_pretty(pg_total_relation_size('team_document')), pg_size_pretty(pg_relation_size('document_search_grams'))"
    )[0]
    return {"documents": count, "table, index": size, "searches": report}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("DATABASE_URL must name a PostgreSQL server")
    settings.SECURE_SSL_REDIRECT = False
    settings.ALLOWED_HOSTS = ["testserver"]
    home, own = connection.settings_dict["NAME"], f"benchmark_documents_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f"CREATE DATABASE {own}")
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        print(json.dumps(measure(arguments.documents, arguments.rounds), ensure_ascii=False))
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        execute(f"DROP DATABASE {own}")


if __name__ == "__main__":
    main()
