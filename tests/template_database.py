"""One migrated database for all test processes: migrating takes longer than most test files.

The first process that needs it migrates a template; every test database is a copy of that. Its name holds a hash of
all that decides what a migrated database looks like, so a changed migration makes a new one. Where a kept template has
only migrations that are still there unchanged, a copy of it is migrated on: a new migration costs seconds, not minutes.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django
from django.conf import settings
from django.db import connection
from django.db.backends.sqlite3.creation import DatabaseCreation

ROOT = Path(__file__).resolve().parent.parent
# Besides the migrations: pinned packages bring theirs, and post_migrate gives roles their first permissions and tables
# their triggers.
ALSO = (
    "requirements/base.txt",
    "accounts/enums.py",
    "accounts/services.py",
    "accounts/receivers.py",
    "alerts/services/watching.py",
    "common/triggers.py",
    "config/settings.py",
    "reports/services/watching.py",
)
KEEP = 3  # older templates: two checkouts, or two branches, do not take each other's away
# Before a copy is migrated on: post_migrate then gives roles their permissions as in a new database.
FORGET_PERMISSIONS = ("DELETE FROM accounts_role_permissions", "UPDATE accounts_role SET seeded = '[]'")
# What a test wrote may be lost with the machine: no commit waits for the disk.
UNHURRIED = "-c synchronous_commit=off"

Manifest = dict[str, str]


def migrations() -> Manifest:
    """{path of a migration: hash of its text}."""
    return {
        str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in sorted(ROOT.glob("*/migrations/*.py"))
    }


def fingerprint(manifest: Manifest) -> str:
    digest = hashlib.sha256(django.__version__.encode() + json.dumps(manifest).encode())
    for name in ALSO:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()[:12]


def grows_into(older: Manifest, manifest: Manifest) -> bool:
    """Whether a database with the older migrations only lacks some of these."""
    return bool(older) and older.items() <= manifest.items()


def build_template() -> str:
    """Make the template of this database now; its file or name. `.ci/run` has those of both made side by side."""
    with _building() as folder:
        return str(_sqlite_template(folder)) if connection.vendor == "sqlite" else _postgres_template()


def use_template() -> None:
    """Let Django's test database start as a copy; before it is created."""
    with _building() as folder:
        if connection.vendor == "sqlite":
            _use_sqlite(_sqlite_template(folder))
        else:
            _use_postgres(_postgres_template())


@contextlib.contextmanager
def _building() -> Iterator[Path]:
    """The folder of templates; one process of this checkout builds for a database, the others wait for it."""
    folder = ROOT / "var" / "test-templates"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{connection.vendor}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _migrate(url: str) -> None:
    # A process of its own: this one may not touch a database that is not its test database.
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "DEBUG": "1"},
        check=True,
    )


# --- SQLite
def _sqlite_template(folder: Path) -> Path:
    manifest = migrations()
    template = folder / f"{fingerprint(manifest)}.sqlite3"
    if not template.exists():
        building = folder / f"building-{os.getpid()}.sqlite3"
        kept = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in kept:
            if grows_into(json.loads(path.read_text()), manifest):
                shutil.copyfile(path.with_suffix(".sqlite3"), building)
                with contextlib.closing(sqlite3.connect(building)) as copy, copy:
                    for statement in FORGET_PERMISSIONS:
                        copy.execute(statement)
                break
        _migrate(f"sqlite:///{building}")
        with contextlib.closing(sqlite3.connect(building)) as made:
            made.execute("PRAGMA journal_mode = DELETE")  # so that the file alone is the whole of it
        building.rename(template)
        template.with_suffix(".json").write_text(json.dumps(manifest))
        for path in kept[KEEP:]:
            path.with_suffix(".sqlite3").unlink(missing_ok=True)
            path.unlink(missing_ok=True)
    return template


def _use_sqlite(template: Path) -> None:
    create = DatabaseCreation._create_test_db

    def create_from_template(self, *args, **kwargs):
        name = create(self, *args, **kwargs)
        if self.is_in_memory_db(name):
            # The shared database in memory needs somebody who keeps it open until Django connects.
            self.template_keeper = sqlite3.connect(name, uri=True)
            with contextlib.closing(sqlite3.connect(template)) as source:
                source.backup(self.template_keeper)
        else:
            shutil.copyfile(template, name)
        return name

    DatabaseCreation._create_test_db = create_from_template


# --- PostgreSQL
def _postgres_template() -> str:
    manifest = migrations()
    name = f"paodian_template_{fingerprint(manifest)}"
    with _alone() as admin:
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            _build_postgres(admin, name, manifest)
    return name


def _use_postgres(name: str) -> None:
    connection.settings_dict["TEST"]["TEMPLATE"] = name
    connection.settings_dict["OPTIONS"]["options"] += f" {UNHURRIED}"
    creation = type(connection.creation)
    create = creation._execute_create_test_db

    def create_alone(self, cursor, parameters, keepdb=False):
        with _alone():
            create(self, cursor, parameters, keepdb)

    creation._execute_create_test_db = create_alone


def _build_postgres(admin: Any, name: str, manifest: Manifest) -> None:
    building = f"{name}_building"
    kept = _templates(admin)
    older = next((one for one, has in kept if grows_into(has, manifest)), None)
    admin.execute(f'DROP DATABASE IF EXISTS "{building}" WITH (FORCE)')
    admin.execute(f'CREATE DATABASE "{building}"' + (f' TEMPLATE "{older}"' if older else ""))
    if older:
        with _connect(building) as copy:
            for statement in FORGET_PERMISSIONS:
                copy.execute(statement)
    parts = settings.DATABASES["default"]
    who = parts["USER"] + (f":{parts['PASSWORD']}" if parts["PASSWORD"] else "")
    _migrate(
        f"postgres://{who}@{parts['HOST']}:{parts['PORT'] or 5432}/{building}?{urlencode({'options': UNHURRIED})}"
    )
    admin.execute(f'ALTER DATABASE "{building}" RENAME TO "{name}"')
    comment = json.dumps({"made": time.time(), "migrations": manifest}).replace("'", "''")
    admin.execute(f"COMMENT ON DATABASE \"{name}\" IS '{comment}'")
    for one, _has in kept[KEEP:]:
        admin.execute(f'DROP DATABASE IF EXISTS "{one}" WITH (FORCE)')


def _templates(admin: Any) -> list[tuple[str, Manifest]]:
    """The finished templates of this server with what they hold, newest first."""
    rows = admin.execute(
        "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database "
        r"WHERE datname LIKE 'paodian\_template\_%' AND datname NOT LIKE '%\_building'"
    )
    told = [(name, json.loads(comment or "{}")) for name, comment in rows]
    told.sort(key=lambda one: one[1].get("made", 0), reverse=True)
    return [(name, facts.get("migrations", {})) for name, facts in told]


@contextlib.contextmanager
def _alone() -> Iterator[Any]:
    """A connection to the server while no other test process, of whatever checkout, makes or copies a template."""
    with _connect("postgres") as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext('paodian test templates'))")
        yield admin  # closing the connection gives the lock back


def _connect(name: str) -> Any:
    import psycopg

    parts = settings.DATABASES["default"]
    return psycopg.connect(
        dbname=name,
        host=parts["HOST"] or None,
        port=parts["PORT"] or None,
        user=parts["USER"] or None,
        password=parts["PASSWORD"] or None,
        autocommit=True,
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    print(build_template())
