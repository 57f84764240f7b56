from tests.reports.brute import Entry, brute
from visits.models import DisplayLine, SellOutLine, ShelfCountLine


def lines(model):
    return model.objects.all().select_related("report__customer__owner", "report__rep", "product")


def of(line, value=1, token=None):
    report = line.report
    return Entry(report.rep, report.day, value, report.customer, line.product, token)


@brute("facings")
def facings():
    for line in lines(DisplayLine):
        yield of(line, line.facings)


@brute("display_lines")
def display_lines():
    for line in lines(DisplayLine):
        yield of(line)


@brute("display_customers")
def display_customers():
    for line in lines(DisplayLine):
        yield of(line, token=line.report.customer_id)


@brute("standing_customers")
def standing_customers():
    for line in lines(DisplayLine):
        report, customer = line.report, line.report.customer
        if line.facings and customer.status == "active":
            yield Entry(
                customer.owner, report.day, customer=customer, product=line.product, token=customer.pk
            )


@brute("shelf_lines")
def shelf_lines():
    for line in lines(ShelfCountLine):
        yield of(line)


@brute("shelf_customers")
def shelf_customers():
    for line in lines(ShelfCountLine):
        yield of(line, token=line.report.customer_id)


@brute("shelf_out")
def shelf_out():
    for line in lines(ShelfCountLine):
        yield of(line, int(line.quantity == 0))


@brute("shelf_low")
def shelf_low():
    for line in lines(ShelfCountLine):
        yield of(line, int(line.suggested is not None and line.suggested > 0))


@brute("sell_out_quantity")
def sell_out_quantity():
    for line in lines(SellOutLine):
        yield of(line, line.quantity)
