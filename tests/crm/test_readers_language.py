"""What customers, leads and the pool tell is in the language of who is told."""

import datetime as dt

import pytest
from django.utils import timezone
from django.utils.translation import override

from crm import services
from crm.models import PoolRule
from crm.services import pool
from crm.services.leads import assign_leads
from crm.services.merges import merge_customers
from crm.services.reminders import remind_birthdays, remind_contacts
from tests.factories import ContactFactory, CustomerFactory, LeadFactory
from tests.readers import english, last_words

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("actors", ["en", "zh-hans"])
DAY = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)


@BOTH
def test_a_share(people, actors):
    english(people.outsider)
    shop = CustomerFactory(owner=people.owner, name="李的店")
    with override(actors):
        for person in (people.outsider, people.colleague):
            services.share_customer(actor=people.owner, customer=shop, user=person)
    assert last_words(people.outsider).startswith("李业务 shares 李的店 with you")
    assert "共享" in last_words(people.colleague)


@BOTH
def test_a_merge(people, actors):
    english(people.colleague)
    kept = CustomerFactory(owner=people.owner)
    with override(actors):
        for person in (people.colleague, people.outsider):
            merged = CustomerFactory(owner=person, name="蜗牛")
            merge_customers(actor=people.admin, keep=kept.pk, merge=merged.pk)
    assert last_words(people.colleague).startswith("Your customer 蜗牛 was merged | 管理员 merged it with")
    assert "merged" not in last_words(people.outsider)


@BOTH
def test_leads(people, actors):
    english(people.owner)
    with override(actors):
        for person in (people.owner, people.colleague):
            leads = [LeadFactory(owner=people.superior, name=name).pk for name in ("甲店", "乙店")]
            assign_leads(actor=people.admin, leads=leads, owner=person, now=NOW)
    assert last_words(people.owner) == "You got 2 new leads | 甲店, 乙店"
    assert last_words(people.colleague).endswith("| 甲店、乙店")


@BOTH
def test_the_pool_warns_and_takes(people, actors):
    english(people.owner)
    PoolRule.objects.create(name="规则", max_hold_days=30, warn_days="7")
    for person in (people.owner, people.colleague):
        CustomerFactory(owner=person, created_on=DAY - dt.timedelta(days=23))
    with override(actors):
        pool.run_pool(day=DAY)
        assert last_words(people.owner).startswith("1 customer goes to the public pool soon, after ")
        assert "公海" in last_words(people.colleague)
        pool.run_pool(day=DAY + dt.timedelta(days=9))
    assert last_words(people.owner).startswith("1 customer of yours went to the public pool")
    assert "公海" in last_words(people.colleague)


@BOTH
def test_reminders(people, actors):
    english(people.owner)
    now = timezone.now()
    for person in (people.owner, people.colleague):
        shop = CustomerFactory(owner=person, name="甲店", next_contact_at=now - dt.timedelta(hours=1))
        ContactFactory(customer=shop, name="王老板", birthday=dt.date(1980, 11, 20))
    with override(actors):
        assert remind_contacts(now=now) == 2
        assert last_words(people.owner).startswith("Time to contact 甲店 | You planned it for ")
        assert "contact" not in last_words(people.colleague)
        assert remind_birthdays(today=DAY, now=NOW) == 2
    assert last_words(people.owner) == "Birthday of 王老板 on 11-20 | 甲店"
    assert "生日" in last_words(people.colleague)
