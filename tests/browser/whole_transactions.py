"""SQLite's one connection in memory belongs to the test and to all threads of the live server: a transaction of one is a
transaction of all. A request that commits between two statements of a test's service ends that service's transaction
("no such savepoint"), and what a second thread writes meanwhile is rolled back with the first one's.

So whoever is within a transaction has the connection to himself; others wait with their next statement. It is a lock for
each connection: whoever waits for threads that have connections of their own does not wait for himself.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import SQLiteCursorWrapper
from django.db.transaction import Atomic, get_connection

from tests.one_at_a_time import METHODS


def keep_transactions_whole() -> None:
    """From now on, in this process; after tests.one_at_a_time.take_turns, whose lock is held for a statement alone."""
    # The locks of this thread's blocks; a decorator's block is the same for all threads.
    held = threading.local()
    locks: dict[int, threading.RLock] = defaultdict(threading.RLock)

    def alone(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(cursor: Any, *args: Any, **kwargs: Any) -> Any:
            with locks[id(cursor.connection)]:
                return method(cursor, *args, **kwargs)

        return call

    for name in METHODS:
        setattr(SQLiteCursorWrapper, name, alone(getattr(SQLiteCursorWrapper, name)))

    def lock_of(connection: BaseDatabaseWrapper) -> threading.RLock:
        connection.ensure_connection()
        return locks[id(connection.connection)]

    enter, leave, later = Atomic.__enter__, Atomic.__exit__, BaseDatabaseWrapper.on_commit

    def begin(block: Atomic) -> None:
        lock = lock_of(get_connection(block.using))
        lock.acquire()
        try:
            enter(block)
        except BaseException:
            lock.release()
            raise
        held.__dict__.setdefault("locks", []).append(lock)

    def end(block: Atomic, *error: Any) -> None:
        try:
            leave(block, *error)
        finally:
            held.locks.pop().release()

    def on_commit(connection: BaseDatabaseWrapper, *args: Any, **kwargs: Any) -> None:
        with lock_of(connection):  # of one's own transaction, not of whoever has one just now
            later(connection, *args, **kwargs)

    Atomic.__enter__, Atomic.__exit__, BaseDatabaseWrapper.on_commit = begin, end, on_commit
