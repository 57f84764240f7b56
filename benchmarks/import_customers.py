"""Import of 100,000 customers × 15 columns against bare reading plus COPY, on PostgreSQL, in the same run.

    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.import_customers [--rows N] [--rounds N]

Makes a database of its own beside the one named and drops it at the end. "bare" reads the workbook with
python-calamine and writes the same cells with COPY into a table without indexes or constraints. "own" reads the
workbook too, and writes the finished customers, which the import has made and which it is given for nothing, with one
COPY into a copy of the customers' own table with its keys, indexes and foreign keys; phones, contacts, tags and owner
history are not in it. "check" is the dry run, "import" the run a worker does: customers, phones, contacts, tags, owner
history and search columns with all their indexes, in batches of 2,000, each a transaction. "tables" is what PostgreSQL
alone needs to write those rows into those tables.

Each check and import is a process of its own, with the children it starts. Their memory is measured in a round of its
own, whose seconds do not count: the sum of what all of them hold at one moment (PSS, so that shared pages count once),
looked at every 50 ms, and its highest. See docs/benchmarks.md.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

import python_calamine
from django.core.files import File
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import Role, User
from common.sheets import write_workbook
from crm.models import Contact, Customer, ImportJob, OwnerChange, Phone
from crm.services import imports
from crm.services.imports import jobs

HEADERS = [
    "编码",
    "客户名称",
    "渠道",
    "等级",
    "类型",
    "联系人",
    "电话",
    "省",
    "市",
    "区",
    "地址",
    "经度",
    "纬度",
    "业务员",
    "标签",
]
FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN = "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂"
PLACE = "屯溪长江黄山芜湖望江金寨习友徽州繁华合作潜山高河明光临泉宿松"
KIND = ["超市", "便利店", "烟酒店", "小吃部", "生鲜", "粮油店", "食品商行", "饭店", "副食"]
CHANNELS = ["便利店", "商超", "餐饮", "批发", "烟酒店"]


def customers(count):
    """Shops of a distributor, the same every time."""
    pick = random.Random(7)
    for number in range(count):
        person = pick.choice(FAMILY) + pick.choice(GIVEN) + pick.choice(GIVEN)
        road = pick.choice(PLACE) + pick.choice(PLACE) + "路"
        yield [
            f"HF{number:06}", f"{person[:2]}{pick.choice(PLACE)}{pick.choice(KIND)}（{road}店）", pick.choice(CHANNELS),
            pick.choice("ABC"), "零售终端", person, f"13{number:09}", "安徽省", "合肥市", pick.choice(["包河区", "蜀山区", "庐阳区"]),
            f"{road}{pick.randrange(1, 999)}号{pick.randrange(1, 30)}栋", round(117.1 + pick.random() / 3, 6),
            round(31.7 + pick.random() / 4, 6), f"rep{number % 40}", pick.choice(["", "重点", "重点、冷柜"]),
        ]  # fmt: skip


def execute(sql, params=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def make_company():
    role = Role.objects.get(code="rep")
    User.objects.bulk_create([User(username=f"rep{n}", name=f"业务员{n}", role=role) for n in range(40)])


def bare(path):
    """Seconds to read the workbook and COPY its cells into a plain table."""
    execute("DROP TABLE IF EXISTS bare")
    execute(f"CREATE TABLE bare ({', '.join(f'c{n} text' for n in range(len(HEADERS)))})")
    began = time.perf_counter()
    rows = read_only(path)
    read = time.perf_counter() - began
    with connection.cursor() as cursor, cursor.copy("COPY bare FROM STDIN") as copy:
        for row in rows[1:]:
            copy.write_row([str(cell) for cell in row])
    return read, time.perf_counter() - began


def read_only(path):
    with path.open("rb") as file:
        return python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()


def own(path):
    """Seconds to read the workbook and COPY the finished customers into a copy of their own table."""
    table = Customer._meta.db_table
    names = ", ".join(field.column for field in Customer._meta.concrete_fields)
    execute("DROP TABLE IF EXISTS own")
    execute(f"CREATE TABLE own (LIKE {table} INCLUDING ALL)")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass",
            [table],
        )
        for (definition,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE own ADD {definition}")
        with cursor.copy(f"COPY {table} ({names}) TO STDOUT") as copy:
            finished = [bytes(piece) for piece in copy]
    began = time.perf_counter()
    read_only(path)
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy(f"COPY own ({names}) FROM STDIN") as copy,
    ):
        for piece in finished:
            copy.write(piece)
    spent = time.perf_counter() - began
    execute("DROP TABLE own")
    return spent


def empty():
    execute(
        "TRUNCATE crm_customer, crm_phone, crm_contact, crm_ownerchange, crm_importjob, crm_sequence CASCADE"
    )
    execute("VACUUM ANALYZE")


def tables_alone():
    """Seconds PostgreSQL needs to write the same rows into the same tables once more, from itself: the floor.

    One INSERT … SELECT a table with all indexes and foreign keys, rolled back.
    """
    with transaction.atomic():
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        began = time.perf_counter()
        for model in (Customer, Phone, Contact, Customer.tags.through, OwnerChange):
            # What must be unique is made so: codes, and the customer of main contacts and tags.
            shifted = {
                "customer_id": "customer_id + %(shift)s",
                "code": "'X' || code",
                "id": "id + %(shift)s",
            }
            names = [f.column for f in model._meta.concrete_fields if not f.primary_key or model is Customer]
            columns, values = ", ".join(names), ", ".join(shifted.get(name, name) for name in names)
            table = model._meta.db_table
            where = (
                "WHERE import_job_id IS NOT NULL" if model is Customer else "WHERE customer_id < %(shift)s"
            )
            execute(f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} {where}", {"shift": 10**9})
        spent = time.perf_counter() - began
        transaction.set_rollback(True)
    return spent


def child_upload(path):
    """A queued job; its file is opened here, as by a web server, and not where the memory of the import is measured."""
    with path.open("rb") as file:
        job = imports.upload(actor=None, file=File(file), file_name="benchmark.xlsx")
    imports.start_unchecked(job=job, options=imports.Options(mapping=job.mapping))
    # What a dry run has found out before; without it the run looks through the file once more.
    ImportJob.objects.filter(pk=job.pk).update(preview={**job.preview, "own_code": 0})
    return {}


def child_import(path):
    """The queued import in this process: {seconds, created, …}."""
    job = ImportJob.objects.get(state="queued")
    began = time.perf_counter()
    done = jobs.run_job(job.pk)
    spent = time.perf_counter() - began
    assert done is not None
    assert done.state == "done", done.message
    return {"seconds": spent, "created": done.created, **used()}


def used():
    """Processor seconds of this process with its children, and of its connection's server process."""
    ours = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "python": sum(one.ru_utime + one.ru_stime for one in ours),
        "postgresql": backend_seconds(),
    }


def backend_seconds():
    """Processor seconds our connection's server process has used so far; 0 where its /proc is not to be seen."""
    try:
        with open(f"/proc/{connection.connection.info.backend_pid}/stat") as file:
            parts = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def child_check(path):
    """The dry run of the uploaded file in this process, as a worker does it: {seconds, created, …}."""
    job = ImportJob.objects.get()
    ImportJob.objects.filter(pk=job.pk).update(state="previewing")
    began = time.perf_counter()
    done = jobs.check_job(job.pk)
    spent = time.perf_counter() - began
    job.refresh_from_db()
    assert done, job.message
    return {"seconds": spent, "created": job.preview["counts"]["created"], **used()}


def in_a_process(mode, path, media, look=None):
    """What the child prints; `look` is called with its process id every 50 ms."""
    url = f"postgres:///{connection.settings_dict['NAME']}?host={connection.settings_dict['HOST'] or '/var/run/postgresql'}"
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.import_customers", "--child", mode, str(path)],
        env={**os.environ, "DATABASE_URL": url, "MEDIA_ROOT": media},
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        while look and child.poll() is None:
            look(child.pid)
            time.sleep(0.05)
        output, _errors = child.communicate()
    assert child.returncode == 0, mode
    return json.loads(output.splitlines()[-1])


def family(pid):
    """The process and all that come from it."""
    pids = [pid]
    for parent in pids:
        with suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                pids += map(int, (task / "children").read_text().split())
    return pids


def shares_mb(pid):
    """The proportional set sizes of a process and its children now, in MB: {"parent": …, "children": …}."""
    sizes = []
    for one in family(pid):
        size = 0
        with suppress(OSError):  # it has ended in between
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    size = int(line.split()[1]) / 1024
        sizes.append(size)
    return {"parent": sizes[0], "children": sum(sizes[1:])}


def memory_round(path, folder):
    """{mode: the moment at which its processes together held most}, in MB."""
    peaks = {}
    for mode in ("check", "import"):
        empty()
        in_a_process("upload", path, folder)
        moments = []
        in_a_process(mode, path, folder, look=lambda pid, seen=moments: seen.append(shares_mb(pid)))
        most = max(moments, key=lambda moment: sum(moment.values()))
        peaks[mode] = {
            "together": round(sum(most.values())),
            **{who: round(size) for who, size in most.items()},
            "looks": len(moments),
        }
    return peaks


def measure(rows, rounds, folder):
    make_company()
    path = Path(folder) / "customers.xlsx"
    with path.open("wb") as file:
        write_workbook(file, HEADERS, customers(rows))
    memory = memory_round(path, folder)
    print({"memory": memory}, flush=True)
    seen = {"read": [], "bare": [], "check": [], "import": [], "own": [], "tables": []}
    busy = {"bare": [], "import": []}
    for _ in range(rounds):
        empty()
        before = time.process_time() + backend_seconds()
        read, whole = bare(path)
        busy["bare"].append(time.process_time() + backend_seconds() - before)
        seen["read"].append(read)
        seen["bare"].append(whole)
        for mode in ("check", "import"):
            ImportJob.objects.all().delete()
            in_a_process("upload", path, folder)
            result = in_a_process(mode, path, folder)
            assert result["created"] == rows, result
            seen[mode].append(result["seconds"])
        busy["import"].append(result["python"] + result["postgresql"])
        assert Customer.objects.count() == rows
        seen["own"].append(own(path))
        seen["tables"].append(tables_alone())
        print({mode: round(spent[-1], 2) for mode, spent in seen.items()}, flush=True)
        shares = {"python": round(result["python"], 1), "postgresql": round(result["postgresql"], 1)}
        load = round(os.getloadavg()[0], 1)
        print({"processor": {"bare": round(busy["bare"][-1], 2), **shares}, "load": load}, flush=True)
    assert max(peak["together"] for peak in memory.values()) < 400, memory
    medians = {mode: round(statistics.median(spent), 2) for mode, spent in seen.items()}
    return {
        "rows": rows,
        "seconds": medians,
        "rows_per_second": round(rows / medians["import"]),
        "ratio": ratio(seen["import"], seen["bare"]),
        "ratio_to_own": ratio(seen["import"], seen["own"]),
        "ratio_to_tables": round(medians["import"] / medians["tables"], 2),
        # Of the processors' time, which other jobs on the machine do not lengthen as they do the clock's.
        "processor_ratio": ratio(busy["import"], busy["bare"]),
        "peak_mb": memory,
    }


def ratio(some, others):
    """The median of the rounds' ratios."""
    return round(statistics.median(one / other for one, other in zip(some, others, strict=True)), 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", nargs=2, metavar=("MODE", "FILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("DATABASE_URL must name a PostgreSQL server")
    if arguments.child:
        mode, path = arguments.child
        print(
            json.dumps(
                {"check": child_check, "upload": child_upload, "import": child_import}[mode](Path(path))
            )
        )
        return
    home, own = connection.settings_dict["NAME"], f"benchmark_import_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f"CREATE DATABASE {own}")
    connection.close()
    connection.settings_dict["NAME"] = own
    try:
        call_command("migrate", verbosity=0)
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(arguments.rows, arguments.rounds, folder)))
    finally:
        connection.close()
        connection.settings_dict["NAME"] = home
        execute(f"DROP DATABASE {own}")


if __name__ == "__main__":
    main()
