"""Numbers without gaps, and the customer codes made of them."""

from django.db import transaction
from django.db.models import F

from crm.models import Customer, Sequence


@transaction.atomic
def next_numbers(*, name: str, count: int = 1) -> list[int]:
    """The next `count` numbers of the sequence `name`, ascending, starting at 1.

    Gap-free under concurrency when called inside the caller's transaction: the counter's row stays locked until
    that transaction ends, so a rollback gives its numbers back and the next caller waits for the outcome.
    Raises ValueError when `count` is less than 1.
    """
    if count < 1:
        raise ValueError("count must be at least 1")
    if not _advance(name, count):
        # Two first callers at once: one row goes in, the other waits for it here and then counts on.
        Sequence.objects.bulk_create([Sequence(name=name)], ignore_conflicts=True)
        _advance(name, count)
    last = Sequence.objects.values_list("value", flat=True).get(pk=name)
    return list(range(last - count + 1, last + 1))


def _advance(name: str, count: int) -> int:
    return Sequence.objects.filter(pk=name).update(value=F("value") + count)


@transaction.atomic
def next_codes(*, count: int = 1) -> list[str]:
    """`count` customer codes (C000001 …) that no customer has; codes typed or imported earlier are stepped over."""
    codes: list[str] = []
    while len(codes) < count:
        wanted = [f"C{number:06}" for number in next_numbers(name="customer", count=count - len(codes))]
        taken: set[str] = set()
        for start in range(0, len(wanted), 5000):
            chunk = wanted[start : start + 5000]
            taken.update(Customer.objects.filter(code__in=chunk).values_list("code", flat=True))
        codes += [code for code in wanted if code not in taken]
    return codes
