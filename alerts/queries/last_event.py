"""What the kinds share that count from the customer's last event (domain-rules §3)."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from alerts.enums import BaseSource
from alerts.models import Alert
from alerts.queries.words import short_day, who
from alerts.rules import Kind, base_date
from alerts.rules.kinds import Text


class LastEventKind(Kind):
    """R is the day in `column` of the customer, else the later of created and received; the job scans them all at
    once. A base date that moves is another matter: the alert is closed and opened anew."""

    over: ClassVar[Text]  # with %(who)s and %(days)s
    last: ClassVar[Text]  # with %(day)s
    never: ClassVar[Text]
    least_period = 1
    is_sticky = False

    def reason(self, alert: Alert) -> str:
        over = str(self.over) % {"who": who(alert.version or alert.rule), "days": alert.period_days}
        base = self.base_words(alert.customer, alert.base_on)
        return _("%(over)s: %(base)s, due %(due)s") % {
            "over": over,
            "base": base,
            "due": short_day(alert.due_on),
        }

    def base_words(self, customer: Any, base_on: dt.date) -> str:
        """Where a base date comes from: "last visit 03-01", or "never visited, with this owner since 03-01"."""
        present, source = base_date(getattr(customer, self.column), customer.created_on, customer.received_on)
        shown = short_day(base_on)
        if present != base_on:
            # The customer moved on after this alert was judged; the next run closes it.
            return _("counted from %(day)s") % {"day": shown}
        if source == BaseSource.EVENT:
            return str(self.last) % {"day": shown}
        if source == BaseSource.RECEIVED:
            return _("%(never)s, with this owner since %(day)s") % {"never": self.never, "day": shown}
        return _("%(never)s, on file since %(day)s") % {"never": self.never, "day": shown}
