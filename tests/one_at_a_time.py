"""SQLite's one connection in memory, which the test and all threads of the live server share, by one thread at a time.

A thread within a statement holds the connection, and needs Python's lock for a function of ours (a month of a date); a
second one that hands over its parameters holds Python's lock and needs the connection: both would wait for ever.

Whoever has a connection of his own to the same memory (a pool of threads) is told "locked" at once there, whatever the
busy timeout says. Such a statement has done nothing, and is tried again.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

from django.db.backends.sqlite3.base import SQLiteCursorWrapper

METHODS = ("execute", "executemany", "fetchone", "fetchmany", "fetchall", "__next__")
PATIENCE = 20  # seconds, as in the settings


def take_turns() -> None:
    """From now on cursors of this process wait for each other."""
    lock = threading.RLock()

    def waiting(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            with lock:
                return method(*args, **kwargs)

        return call

    def patient(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            end = time.monotonic() + PATIENCE
            while True:
                try:
                    return method(*args, **kwargs)
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error) or time.monotonic() > end:
                        raise
                time.sleep(0.02)

        return call

    for name in METHODS:
        own = SQLiteCursorWrapper.__dict__.get(name) or getattr(sqlite3.Cursor, name)
        setattr(SQLiteCursorWrapper, name, waiting(own))
    SQLiteCursorWrapper.execute = patient(SQLiteCursorWrapper.execute)
