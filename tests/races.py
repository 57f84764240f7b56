"""Start several pieces of work at one moment, each in a thread with its own connection."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections


def race(*works: Callable[[], Any]) -> list[Any]:
    """Results and exceptions, in the order of the works."""
    gate = threading.Barrier(len(works))
    outcomes: list[Any] = [None] * len(works)

    def run(index: int, work: Callable[[], Any]) -> None:
        try:
            gate.wait(timeout=10)
            outcomes[index] = work()
        except Exception as error:
            outcomes[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index, work)) for index, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive()
    return outcomes
