"""One migrated database for all test processes: migrating takes longer than most test files.

The first process that needs it migrates a template; every test database is a copy of that. Its name holds a hash of
all that decides what a migrated database looks like, so a changed migration makes a new one.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.db.backends.sqlite3.creation import DatabaseCreation

ROOT = Path(__file__).resolve().parent.parent
# Besides the migrations: pinned packages bring theirs, and post_migrate gives roles their first permissions.
ALSO = (
    "requirements/base.txt",
    "accounts/enums.py",
    "accounts/services.py",
    "accounts/receivers.py",
    "config/settings.py",
)


def fingerprint() -> str:
    digest = hashlib.sha256(django.__version__.encode())
    migrations = sorted(path for path in ROOT.glob("*/migrations/*.py"))
    for path in [*migrations, *(ROOT / name for name in ALSO)]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def use_template() -> None:
    """Let Django's test database start as a copy; before it is created."""
    folder = ROOT / "var" / "test-templates"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one process builds, the others wait for it
        if connection.vendor == "sqlite":
            _use_sqlite(folder)
        else:
            _use_postgres()


def _migrate(url: str) -> None:
    # A process of its own: this one may not touch a database that is not its test database.
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "DEBUG": "1"},
        check=True,
    )


# --- SQLite
def _use_sqlite(folder: Path) -> None:
    template = folder / f"{fingerprint()}.sqlite3"
    if not template.exists():
        for old in folder.glob("*.sqlite3*"):
            old.unlink()
        building = folder / f"building-{os.getpid()}.sqlite3"
        _migrate(f"sqlite:///{building}")
        with contextlib.closing(sqlite3.connect(building)) as made:
            made.execute("PRAGMA journal_mode = DELETE")  # so that the file alone is the whole of it
        building.rename(template)
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
def _use_postgres() -> None:
    name = f"paodian_template_{fingerprint()}"
    with _alone() as admin:
        known = {row[0] for row in admin.execute("SELECT datname FROM pg_database")}
        if name not in known:
            for old in known:
                if old.startswith("paodian_template_"):
                    admin.execute(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
            building = f"{name}_building"
            admin.execute(f'CREATE DATABASE "{building}"')
            parts = settings.DATABASES["default"]
            who = parts["USER"] + (f":{parts['PASSWORD']}" if parts["PASSWORD"] else "")
            _migrate(f"postgres://{who}@{parts['HOST']}:{parts['PORT'] or 5432}/{building}")
            admin.execute(f'ALTER DATABASE "{building}" RENAME TO "{name}"')
    connection.settings_dict["TEST"]["TEMPLATE"] = name
    creation = type(connection.creation)
    create = creation._execute_create_test_db

    def create_alone(self, cursor, parameters, keepdb=False):
        with _alone():
            create(self, cursor, parameters, keepdb)

    creation._execute_create_test_db = create_alone


@contextlib.contextmanager
def _alone() -> Iterator[Any]:
    """A connection to the server while no other test process, of whatever checkout, makes or copies a template."""
    import psycopg

    parts = settings.DATABASES["default"]
    with psycopg.connect(
        dbname="postgres",
        host=parts["HOST"] or None,
        port=parts["PORT"] or None,
        user=parts["USER"] or None,
        password=parts["PASSWORD"] or None,
        autocommit=True,
    ) as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext('paodian test templates'))")
        yield admin  # closing the connection gives the lock back
