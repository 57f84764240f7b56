"""What tests of instructions share."""

from common.business_calendar import today
from team.queries.instructions import Target
from team.services.instructions import give_instruction
from tests.factories import FollowUpFactory, SalesOrderFactory, VisitFactory

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\n第二行"


def day_of(person, day=None):
    return Target("day", person, day or today())


def give(people, target=None, text="陈列再加一排", **more):
    return give_instruction(actor=people.superior, target=target or day_of(people.owner), text=text, **more)


def targets(people, customer):
    """One of each kind, with the address of its panel."""
    visit = VisitFactory(rep=people.owner, customer=customer, day=today())
    order = SalesOrderFactory(customer=customer, rep=people.owner, ordered_on=today())
    talk = FollowUpFactory(customer=customer, rep=people.owner)
    return {
        f"/instructions/visits/{visit.pk}/": ("visit", visit),
        f"/instructions/orders/{order.pk}/": ("order", order),
        f"/instructions/follow-ups/{talk.pk}/": ("follow_up", talk),
        f"/instructions/days/{people.owner.pk}/{today()}/": ("day", None),
    }
