"""SQLite's one connection: a thread of the server begins nothing within a transaction of the test, and ends none."""

import threading

import pytest
from django.db import connection, connections, transaction

from accounts.models import User
from tests.factories import UserFactory


def test_a_thread_waits_for_the_transaction_of_another(browser, transactional_db):
    if connection.vendor != "sqlite":
        pytest.skip("each thread has a connection of its own")
    mine, its = UserFactory(name="前"), UserFactory(name="前")
    shared, over = connections["default"], threading.Event()
    shared.inc_thread_sharing()

    def write() -> None:
        connections["default"] = shared
        with transaction.atomic():
            User.objects.filter(pk=its.pk).update(name="后")
            over.wait(20)

    thread = threading.Thread(target=write)
    with transaction.atomic():
        User.objects.filter(pk=mine.pk).update(name="后")
        thread.start()
        thread.join(0.3)  # it waits for us
        transaction.set_rollback(True)
    over.set()
    thread.join(20)
    shared.dec_thread_sharing()
    mine.refresh_from_db()
    its.refresh_from_db()
    assert (mine.name, its.name) == ("前", "后")
