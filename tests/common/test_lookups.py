"""A number beyond the column's range finds nothing, on SQLite as on PostgreSQL."""

import pytest

from crm.models import Contact, Customer
from tests.factories import ContactFactory

HUGE = 99_999_999_999_999_999_999


@pytest.mark.django_db
def test_a_number_too_large_finds_nothing():
    contact = ContactFactory()
    for number in (HUGE, -HUGE):
        assert not Customer.objects.filter(pk=number).exists()
        assert not Customer.objects.filter(pk__in=[number]).exists()
        assert not Contact.objects.filter(customer_id=number).exists()
        assert not Contact.objects.filter(customer__in=[number]).exists()
        assert not Contact.objects.filter(customer__owner_id=number).exists()
        assert Contact.objects.filter(customer_id__in=[number, contact.customer_id]).get() == contact
        assert Contact.objects.exclude(customer_id__in=[number]).get() == contact
        assert Contact.objects.exclude(customer_id=number).get() == contact
    assert list(Customer.objects.in_bulk([HUGE, contact.customer_id])) == [contact.customer_id]


@pytest.mark.django_db
def test_keys_and_rows_are_found_as_before():
    contact, other = ContactFactory(), ContactFactory()
    rows = Contact.objects.order_by("pk")
    assert list(rows.filter(customer__in=[contact.customer, other.customer_id])) == [contact, other]
    assert list(rows.filter(customer__in=Customer.objects.filter(pk=other.customer_id))) == [other]
    assert list(rows.filter(customer=contact.customer)) == [contact]
    assert list(rows.filter(pk__in={contact.pk, None})) == [contact]
