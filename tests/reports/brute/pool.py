from functools import partial

from crm.models import Customer, OwnerChange
from tests.reports.brute import Entry, brute
from tests.reports.brute.customers import local_day


def changes(reason, out):
    """Out of the pool a customer goes to somebody from nobody, into it the other way round."""
    for change in OwnerChange.objects.all().select_related("customer", "from_user", "to_user"):
        had, has = change.from_user, change.to_user
        if change.reason == reason and (has if out else had) and not (had if out else has):
            more = (("pool_clock", change.clock or "none"),)
            yield Entry(has if out else had, local_day(change.at), 1, change.customer, more=more)


brute("pool_claimed")(partial(changes, "claimed", True))
brute("pool_assigned")(partial(changes, "assigned", True))
brute("pool_released")(partial(changes, "released", False))
brute("pool_recycled")(partial(changes, "recycled", False))


@brute("in_pool")
def in_pool():
    for customer in Customer.objects.all().select_related("last_owner"):
        if customer.owner_id is None:
            yield Entry(customer.last_owner, None, 1, customer)
