from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from alerts import queries, services
from common.business_calendar import today
from common.management.base import JobCommand, business_day
from crm.models import Customer


class Command(JobCommand):
    help = "Open and close customer and rep alerts as of a business day; running it again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--date", type=business_day, help="business day, YYYY-MM-DD (default: today)")
        parser.add_argument(
            "--explain", metavar="CUSTOMER_CODE", help="say why this customer has alerts or none"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        day = options["date"] or today()
        customer = self._customer(options["explain"]) if options["explain"] else None
        run = services.compute_alerts(today=day)
        result: dict[str, Any] = {
            "date": day,
            "opened": run.opened,
            "closed": run.closed,
            "open_by_kind": {**queries.open_by_kind(), **queries.open_rep_alerts_by_kind()},
            "seconds": run.seconds,
        }
        if customer is not None:
            explanations = queries.explain(customer, day)
            result["explain"] = [explanation.as_dict() for explanation in explanations]
            for explanation in explanations:
                self.stdout.write(
                    f"{customer.code} {customer} · {explanation.kind.label}: {explanation.text}"
                )
                for loser in explanation.losers:
                    self.stdout.write(f"    {loser.rule}: {loser.why}")
        return result

    def _customer(self, code: str) -> Customer:
        customer = Customer.objects.select_related("owner").filter(code=code).first()
        if customer is None:
            raise CommandError(f"No customer has the code {code!r}.", returncode=2)
        return customer
