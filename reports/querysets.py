from accounts.querysets import OwnedQuerySet


class ScheduledReportQuerySet(OwnedQuerySet):
    """A schedule is its owner's and his superiors'."""

    owner_field = "owner"
