"""Test data, one factory a model. Everything is valid and minimal; a test sets what it is about."""

import datetime as dt
from decimal import Decimal

import factory
from auditlog.context import disable_auditlog
from django.utils import timezone

from accounts.models import Department, Role, User
from crm.models import CapturedLead, Contact, Customer, Dictionary, FollowUp, Lead, LeadChannel
from crm.services import index_fields
from sales.enums import BillKind
from sales.models import Bill, Product, SalesOrder
from team.models import CustomerTask
from territory.models import Route, RouteStop, TrackPoint
from territory.services import mark_stale
from visits.models import Visit, VisitTask


class QuietFactory(factory.django.DjangoModelFactory):
    """Writes no audit rows: nobody did anything yet, and they took a fifth of the tests' time."""

    class Meta:
        abstract = True

    @classmethod
    def create(cls, **kwargs):
        with disable_auditlog():
            return super().create(**kwargs)


class DepartmentFactory(QuietFactory):
    class Meta:
        model = Department

    name = factory.Sequence(lambda n: f"部门{n}")


class UserFactory(QuietFactory):
    """A rep with the role's permissions; `role="manager"` etc. gives another role. Password: "pass"."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    name = factory.Sequence(lambda n: f"员工{n}")
    role = "rep"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        if isinstance(kwargs.get("role"), str):
            kwargs["role"] = Role.objects.get(code=kwargs["role"])
        password = kwargs.pop("password", None)
        user = model_class(*args, **kwargs)
        if password:
            user.set_password(password)
        else:
            user.set_unusable_password()  # hashing is slow and force_login needs none
        user.save()
        return user


class DictionaryFactory(QuietFactory):
    class Meta:
        model = Dictionary

    kind = "channel"
    name = factory.Sequence(lambda n: f"渠道{n}")


class CustomerFactory(QuietFactory):
    """A customer of `owner` in Hefei with a confirmed location."""

    class Meta:
        model = Customer

    code = factory.Sequence(lambda n: f"T{n:05}")
    name = factory.Sequence(lambda n: f"合肥小店{n}")
    owner = factory.SubFactory(UserFactory)
    created_on = factory.LazyFunction(timezone.localdate)
    received_on = factory.LazyAttribute(lambda o: o.created_on if o.owner else None)
    latitude = 31.8206
    longitude = 117.2290
    location_status = "confirmed"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        # Found by search on every database, like a customer that a service made.
        found_by = index_fields(code=kwargs["code"], name=kwargs["name"])
        return super()._create(model_class, *args, **{**found_by, **kwargs})


class ContactFactory(QuietFactory):
    class Meta:
        model = Contact

    customer = factory.SubFactory(CustomerFactory)
    name = factory.Sequence(lambda n: f"联系人{n}")


class ProductFactory(QuietFactory):
    class Meta:
        model = Product

    code = factory.Sequence(lambda n: f"P{n:04}")
    name = factory.Sequence(lambda n: f"矿泉水{n}")
    price = Decimal("12.50")


class SalesOrderFactory(QuietFactory):
    """A submitted order without lines; use sales.services for real ones."""

    class Meta:
        model = SalesOrder

    number = factory.Sequence(lambda n: f"SO-T{n}")
    customer = factory.SubFactory(CustomerFactory)
    rep = factory.LazyAttribute(lambda o: o.customer.owner)
    status = "submitted"
    ordered_on = factory.LazyFunction(timezone.localdate)


class VisitTaskFactory(QuietFactory):
    class Meta:
        model = VisitTask

    customer = factory.SubFactory(CustomerFactory)
    rep = factory.LazyAttribute(lambda o: o.customer.owner)
    date = factory.LazyFunction(timezone.localdate)


class VisitFactory(QuietFactory):
    """A valid visit of ten minutes, made by the customer's owner."""

    class Meta:
        model = Visit

    customer = factory.SubFactory(CustomerFactory)
    rep = factory.LazyAttribute(lambda o: o.customer.owner)
    check_in_at = factory.LazyFunction(timezone.now)
    check_in_received_at = factory.SelfAttribute("check_in_at")
    day = factory.LazyAttribute(lambda o: timezone.localdate(o.check_in_at))
    check_out_at = factory.LazyAttribute(lambda o: o.check_in_at + dt.timedelta(minutes=10))
    status = factory.LazyAttribute(lambda o: "closed" if o.check_out_at else "open")
    fence = "inside"


class RouteFactory(QuietFactory):
    class Meta:
        model = Route

    name = factory.Sequence(lambda n: f"线路{n}")
    rep = factory.SubFactory(UserFactory)
    weekdays = "1,2,3,4,5"
    starts_on = factory.LazyFunction(timezone.localdate)


class RouteStopFactory(QuietFactory):
    class Meta:
        model = RouteStop

    route = factory.SubFactory(RouteFactory)
    customer = factory.SubFactory(CustomerFactory)
    position = factory.Sequence(int)


class BillFactory(QuietFactory):
    """What a customer owes since yesterday, of a `delivery` or from before there were any."""

    class Meta:
        model = Bill

    kind = factory.LazyAttribute(lambda o: BillKind.DELIVERY if o.delivery else BillKind.OPENING)
    delivery = None
    customer = factory.LazyAttribute(lambda o: o.delivery.customer if o.delivery else CustomerFactory())
    rep = factory.LazyAttribute(lambda o: o.customer.owner)
    billed_on = factory.LazyAttribute(lambda o: o.due_on)
    due_on = factory.LazyFunction(lambda: timezone.localdate() - dt.timedelta(days=1))
    amount = factory.LazyAttribute(lambda o: o.delivery.amount if o.delivery else Decimal(100))


class TrackPointFactory(QuietFactory):
    class Meta:
        model = TrackPoint

    rep = factory.SubFactory(UserFactory)
    time = factory.LazyFunction(timezone.now)
    latitude = 31.8206
    longitude = 117.2290
    accuracy_m = 10

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        point = super()._create(model_class, *args, **kwargs)
        mark_stale(rep=point.rep, times=[point.time])
        return point


class LeadFactory(QuietFactory):
    """A new lead of `owner` in Hefei; `owner=None` puts it into the lead pool."""

    class Meta:
        model = Lead

    name = factory.Sequence(lambda n: f"合肥潜客{n}")
    owner = factory.SubFactory(UserFactory)
    received_on = factory.LazyAttribute(lambda o: timezone.localdate() if o.owner else None)
    city = "合肥市"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return super()._create(model_class, *args, **{**index_fields(code="", name=kwargs["name"]), **kwargs})


class LeadChannelFactory(QuietFactory):
    """A channel that anybody may call; its leads go to the lead pool."""

    class Meta:
        model = LeadChannel

    name = factory.Sequence(lambda n: f"渠道来源{n}")


class CapturedLeadFactory(QuietFactory):
    """A call that waits to be processed."""

    class Meta:
        model = CapturedLead

    channel = factory.SubFactory(LeadChannelFactory)
    content_type = "application/json"
    body = '{"name": "老王超市", "phone": "13800138000"}'


class FollowUpFactory(QuietFactory):
    """A follow-up just now by the owner of a customer; `customer=None, lead=…` makes it a lead's.

    The customer's last follow-up and next contact are the service's to move: crm.services.follow_ups.
    """

    class Meta:
        model = FollowUp

    customer = factory.SubFactory(CustomerFactory)
    rep = factory.LazyAttribute(lambda o: (o.customer or o.lead).owner)
    created_by = factory.SelfAttribute("rep")
    at = factory.LazyFunction(timezone.now)
    day = factory.LazyAttribute(lambda o: timezone.localdate(o.at))
    text = factory.Sequence(lambda n: f"谈了第{n}次")


class CustomerTaskFactory(QuietFactory):
    """An open task of the customer's owner, who gave it himself."""

    class Meta:
        model = CustomerTask

    number = factory.Sequence(lambda n: f"CT-T{n}")
    kind = "service"
    title = factory.Sequence(lambda n: f"客户任务{n}")
    customer = factory.SubFactory(CustomerFactory)
    assignee = factory.LazyAttribute(lambda o: o.customer.owner)
    creator = factory.LazyAttribute(lambda o: o.assignee)
