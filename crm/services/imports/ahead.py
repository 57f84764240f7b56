"""Each batch is read, and where possible planned, in a thread while the one before is written.

Planning asks the database for the customers that the lines may be, which the thread does on a connection of its own.
That one does not see what the batch before is just writing. So a batch is planned ahead only when the one before brings
new customers and nothing else, and no line of it shares a key or a name with them; else the writing thread plans it.
"""

import logging
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar, cast

from django.db import OperationalError, connection
from django.utils import translation

from crm.rules.import_batches import Batch
from crm.services.imports.plan import Plan

T = TypeVar("T")
Look = Callable[[Batch], Plan]
log = logging.getLogger(__name__)


class Prepared:
    """A batch that is next to be written, and its plan; None: whoever writes makes it, and says so by `settle`."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.asked = batch.asked
        self.plan: Plan | None = None
        self._only_new: Future[bool] = Future()

    def settle(self, plan: Plan | None) -> bool:
        """This is its plan; None: there will be none. Returns whether that still holds which was said of it first."""
        only_new = plan is not None and not plan.updated
        if not self._only_new.done():
            self._only_new.set_result(only_new)
        return only_new or not self._only_new.result()

    def stands_apart_from(self, other: Batch) -> bool:
        """Whether no line of `other` can be a customer that this one brings or changes. Waits for its plan."""
        return self._only_new.result() and not self.asked.meets(other.asked)


def prepared(batches: Generator[Batch, None, None], look: Look | None) -> Generator[Prepared, None, None]:
    """The batches, each made while the one before is worked on, planned by `look` where that sees all it must.

    Every batch has to be settled before the next is asked for; closing the generator early settles the last.
    """
    ahead = in_thread(_each(batches, look), let_go=_close if look else None)
    one: Prepared | None = None
    try:
        # Not `yield from`, which would end the thread first, while it may wait for us.
        for one in ahead:
            yield one
    finally:
        if one is not None:
            one.settle(None)
        ahead.close()


def _each(batches: Generator[Batch, None, None], look: Look | None) -> Generator[Prepared, None, None]:
    before: Prepared | None = None
    with closing(batches):
        for batch in batches:
            one = Prepared(batch)
            if look is not None and (before is None or before.stands_apart_from(batch)):
                try:
                    one.plan = look(batch)
                    one.settle(one.plan)
                except OperationalError:
                    # No connection to be had, or lost: from here on whoever writes plans.
                    log.warning("An import could not plan ahead", exc_info=True)
                    look = None
            before = one
            yield one


def _close() -> None:
    connection.close()  # asked for here: in each thread it is another


def in_thread(
    items: Generator[T, None, None], let_go: Callable[[], None] | None = None
) -> Generator[T, None, None]:
    """The same items, each made in a thread while the one before is worked on; `let_go` is the thread's last call."""
    language = translation.get_language()
    end = object()

    def step() -> T | object:
        with translation.override(language):
            return next(items, end)

    with closing(items), ThreadPoolExecutor(max_workers=1, thread_name_prefix="import") as pool:
        try:
            future = pool.submit(step)
            while (item := future.result()) is not end:
                future = pool.submit(step)
                yield cast(T, item)
        finally:
            if let_go is not None:
                pool.submit(let_go)
