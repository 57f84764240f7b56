from typing import Any

from common.management.base import JobCommand
from sales.models import StockBalance
from sales.services.stock_check import check_stock


class Command(JobCommand):
    help = (
        "Compare what stands on hand with the ledger of moves and list the differences; nothing is changed."
    )

    def run(self, **options: Any) -> dict[str, Any]:
        found = check_stock()
        for row in found:
            self.stdout.write(
                f"{row.location.code} {row.product.code}: {row.balance:f} on hand, {row.ledger:f} by the moves"
            )
        if found:
            self.fail_with(f"{len(found)} balances differ from their moves.")
        return {"balances": StockBalance.objects.count(), "differences": [row.as_dict() for row in found]}
