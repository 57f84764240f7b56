"""Quotations through their services: states, validity, versions, the one order (G2)."""

import datetime as dt
import uuid
from dataclasses import replace
from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from sales import services as sales
from sales.enums import OrderSource, QuoteStatus
from sales.models import GiftRule, PriceList, Quote, QuoteTemplate, SalesOrder
from sales.queries import quotes as queries
from sales.rules import LineInput
from sales.rules import quotes as rules
from sales.services import quotes as services
from tests.factories import ContactFactory, CustomerFactory, ProductFactory
from tests.races import race
from tests.sales.quote_data import quote_input, write_quote


def make_expired(quote):
    Quote.objects.filter(pk=quote.pk).update(valid_until=timezone.localdate() - dt.timedelta(days=1))
    quote.refresh_from_db()


def test_a_quotation_has_a_number_a_version_and_sums(people, shop, water, beer):
    quote = write_quote(
        people.owner,
        shop,
        (water, 24),
        (beer, "1.5", "7.99"),
        send=False,
        discount=Decimal("0.05"),
        terms=" 现结 ",
    )
    assert quote.number == f"QT{timezone.localdate():%Y%m%d}-0001"
    assert (quote.version, quote.status, quote.rep) == (1, QuoteStatus.DRAFT, people.owner)
    # 24 × 2.35 = 56.40; 1.5 × 7.99 = 11.985 → 11.99; 68.39 × 0.95 = 64.9705 → 64.97
    assert [line.amount for line in queries.quote_lines(quote)] == [Decimal("56.40"), Decimal("11.99")]
    assert quote.total == Decimal("64.97")
    assert quote.terms == "现结"
    assert write_quote(people.owner, shop, (water, 1)).number.endswith("-0002")


def test_what_the_office_writes_is_the_owners(people, shop, water):
    assert write_quote(people.superior, shop, (water, 1)).rep == people.owner


def test_without_a_price_of_its_own_a_line_costs_what_the_customer_pays(people, shop, water):
    own = PriceList.objects.create(name="老王", customer=shop)
    own.lines.create(product=water, price=Decimal("2.20"))
    own.lines.create(product=water, min_quantity=Decimal(24), price=Decimal("2.00"))
    few = write_quote(people.owner, shop, (water, 12))
    many = write_quote(people.owner, shop, (water, 24))
    typed = write_quote(people.owner, shop, (water, 24, "1.99"))
    prices = [queries.quote_lines(quote)[0].price for quote in (few, many, typed)]
    assert prices == [Decimal("2.20"), Decimal("2.00"), Decimal("1.99")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lines": []}, "empty"),
        ({"valid_until": dt.date(2020, 1, 1)}, "valid_until"),
        ({"discount": Decimal("1.01")}, "discount"),
    ],
)
def test_bad_values_are_refused(people, shop, water, change, code):
    values = replace(quote_input((water, 1)), **change)
    with pytest.raises(ValidationError) as refusal:
        services.create_quote(actor=people.owner, customer=shop, values=values)
    assert refusal.value.code == code
    assert not Quote.objects.exists()


def test_contact_and_customer_must_fit(people, shop, water):
    stranger = ContactFactory(customer=CustomerFactory(owner=people.owner))
    with pytest.raises(ValidationError, match=r"contact|联系人"):
        write_quote(people.owner, shop, (water, 1), contact=stranger)
    with pytest.raises(ValidationError):
        write_quote(people.outsider, shop, (water, 1))


def test_the_same_form_twice_makes_one(people, shop, water):
    key = uuid.uuid4()
    first, second = (
        services.create_quote(
            actor=people.owner, customer=shop, values=quote_input((water, 1)), client_uuid=key
        )
        for _ in range(2)
    )
    assert first == second
    with pytest.raises(ValidationError):
        services.create_quote(
            actor=people.superior, customer=shop, values=quote_input((water, 1)), client_uuid=key
        )


def test_a_draft_is_edited_a_sent_one_is_not(people, shop, water, beer):
    draft = write_quote(people.owner, shop, (water, 24), send=False)
    services.update_quote(actor=people.owner, quote=draft, values=quote_input((beer, 2)), send=True)
    draft.refresh_from_db()
    assert (draft.status, draft.total) == (QuoteStatus.SENT, Decimal("15.98"))
    assert [line.product for line in queries.quote_lines(draft)] == [beer]
    with pytest.raises(ValidationError):
        services.update_quote(actor=people.owner, quote=draft, values=quote_input((water, 1)))
    changes = [
        entry.changes
        for entry in LogEntry.objects.get_for_object(draft).filter(action=LogEntry.Action.UPDATE)
    ]
    assert any("total" in change for change in changes)
    assert any(change.get("status") == ["draft", "sent"] for change in changes)


def test_every_step_and_no_other(people, quote):
    services.accept_quote(actor=people.owner, quote=quote)
    for step in (services.accept_quote, services.reject_quote, services.new_version, services.send_quote):
        with pytest.raises(ValidationError):
            step(actor=people.owner, quote=quote)


def test_rejection_keeps_the_reason_and_can_be_answered(people, quote):
    services.reject_quote(actor=people.owner, quote=quote, reason="  价格高  ")
    quote.refresh_from_db()
    assert (quote.status, quote.reject_reason) == (QuoteStatus.REJECTED, "价格高")
    second = services.new_version(actor=people.owner, quote=quote)
    quote.refresh_from_db()
    assert (second.version, quote.status) == (2, QuoteStatus.REJECTED)
    with pytest.raises(ValidationError):  # it is not the latest any more
        services.new_version(actor=people.owner, quote=quote)


def test_validity_ends_after_its_last_day():
    day = dt.date(2026, 3, 10)
    assert not rules.is_expired("sent", day, day)
    assert rules.is_expired("sent", day, day + dt.timedelta(days=1))
    assert not rules.is_expired("accepted", day, day + dt.timedelta(days=9))


def test_an_expired_offer_is_renewed_not_accepted(people, quote):
    make_expired(quote)
    for step in (services.accept_quote, services.order_from_quote):
        with pytest.raises(ValidationError, match=r"valid until|有效期"):
            step(actor=people.owner, quote=quote)
    second = services.new_version(actor=people.owner, quote=quote)
    assert second.valid_until == timezone.localdate() + dt.timedelta(days=rules.VALID_DAYS)


def test_a_draft_that_waited_too_long_is_not_sent(people, shop, water):
    draft = write_quote(people.owner, shop, (water, 1), send=False)
    make_expired(draft)
    with pytest.raises(ValidationError):
        services.send_quote(actor=people.owner, quote=draft)


# --- versions
def test_a_new_version_supersedes_and_says_what_changed(people, quote, water, beer):
    cola = ProductFactory(name="可乐", price="3.00")
    second = services.new_version(actor=people.owner, quote=quote)
    quote.refresh_from_db()
    assert (quote.status, second.status, second.version) == (QuoteStatus.SUPERSEDED, QuoteStatus.DRAFT, 2)
    assert second.total == quote.total
    services.update_quote(
        actor=people.owner, quote=second, values=quote_input((water, 48), (cola, 10), note="加量"), send=True
    )
    latest, first = queries.versions(second)
    assert [version.quote.version for version in (latest, first)] == [2, 1]
    assert first.changes == []
    assert [(c.name, c.old and c.old.quantity, c.new and c.new.quantity) for c in latest.changes] == [
        ("矿泉水", 24, 48),
        ("可乐", None, 10),
        ("黑啤酒", 6, None),
    ]
    assert {label for label, _old, _new in latest.terms} >= {"备注", "合计"} or len(latest.terms) >= 2
    with pytest.raises(ValidationError):
        services.order_from_quote(actor=people.owner, quote=quote)


def test_deleting_the_draft_brings_the_sent_version_back(people, quote):
    second = services.new_version(actor=people.owner, quote=quote)
    assert services.discard_quote(actor=people.owner, quote=second) == quote
    quote.refresh_from_db()
    assert quote.status == QuoteStatus.SENT
    assert not Quote.objects.filter(pk=second.pk).exists()
    with pytest.raises(ValidationError):
        services.discard_quote(actor=people.owner, quote=quote)


def test_the_database_knows_one_quotation_of_a_version(people, quote):
    with pytest.raises(IntegrityError), transaction.atomic():
        Quote.objects.create(
            number=quote.number, version=1, customer=quote.customer, quoted_on=quote.quoted_on,
            valid_until=quote.valid_until,
        )  # fmt: skip


def test_a_copy_is_a_new_offer_without_what_is_not_sold(people, quote, water, beer):
    beer.is_active = False
    beer.save()
    copy = services.copy_quote(actor=people.owner, quote=quote)
    assert (copy.version, copy.status) == (1, QuoteStatus.DRAFT)
    assert copy.number != quote.number
    assert [line.product for line in queries.quote_lines(copy)] == [water]
    assert copy.total == Decimal("56.40")
    water.is_active = False
    water.save()
    with pytest.raises(ValidationError):
        services.copy_quote(actor=people.owner, quote=quote)


# --- the order
def test_an_order_comes_once(people, quote):
    order = services.order_from_quote(actor=people.owner, quote=quote)
    quote.refresh_from_db()
    assert (quote.order, quote.status) == (order, QuoteStatus.ACCEPTED)
    assert (order.total, order.source, order.status) == (quote.total, OrderSource.QUOTE, "draft")
    assert [(line.product_id, line.quantity, line.price) for line in order.lines.all()] == [
        (line.product_id, line.quantity, line.price) for line in quote.lines.all()
    ]
    with pytest.raises(ValidationError):
        services.order_from_quote(actor=people.owner, quote=quote)
    assert SalesOrder.objects.count() == 1


def test_what_was_accepted_in_time_can_still_be_ordered(people, quote):
    services.accept_quote(actor=people.owner, quote=quote)
    make_expired(quote)
    assert services.order_from_quote(actor=people.owner, quote=quote).total == quote.total


def test_an_order_of_what_is_not_sold_any_more_is_refused_whole(people, quote, beer):
    beer.is_active = False
    beer.save()
    with pytest.raises(ValidationError):
        services.order_from_quote(actor=people.owner, quote=quote)
    quote.refresh_from_db()
    assert (quote.order, quote.status) == (None, QuoteStatus.SENT)


def test_who_loses_the_race_leaves_no_order(people, quote):
    """Without row locks (SQLite) the second one is stopped by the UPDATE that must hit one row."""
    other = Quote.objects.get(pk=quote.pk)
    services.order_from_quote(actor=people.owner, quote=quote)
    with pytest.raises(ValidationError):
        services.order_from_quote(actor=people.owner, quote=other)
    assert SalesOrder.objects.count() == 1


# --- who sees it
def test_history_outlives_a_change_of_rep(people, quote, shop):
    assert quote in Quote.objects.visible_to(people.superior)
    assert quote not in Quote.objects.visible_to(people.outsider)
    shop.owner = people.outsider
    shop.save()
    assert quote in Quote.objects.visible_to(people.outsider)  # the new rep sees what was offered before him
    assert quote in Quote.objects.visible_to(people.owner)  # and who wrote it still finds it
    second = services.new_version(actor=people.outsider, quote=quote)
    assert (second.rep, quote.rep) == (people.outsider, people.owner)
    services.discard_quote(actor=people.outsider, quote=second)
    with pytest.raises(ValidationError):  # but the customer is not his to sell to any more
        services.order_from_quote(actor=people.owner, quote=quote)


# --- the paper
def test_the_paper_is_filled_by_the_standard_template(people, quote, shop):
    quote.terms = "一次付清\n<b>含税</b>"
    quote.save()
    html = queries.paper(Quote.objects.get(pk=quote.pk))
    assert f"{quote.number}（第 1 版）" in html
    assert "<b>老王超市</b>" in html
    assert html.count("矿泉水") == 1
    assert "¥56.40" in html
    assert "壹佰零壹元肆角整" in html  # 56.40 + 45.00
    assert "一次付清<br>&lt;b&gt;含税&lt;/b&gt;" in html
    assert "{{" not in html


def test_the_template_chosen_wins_and_without_any_there_is_no_paper(people, quote):
    QuoteTemplate.objects.update(is_active=False)
    assert queries.paper(Quote.objects.get(pk=quote.pk)) is None
    own = services.save_template(
        template=QuoteTemplate(
            name="简", html="<table><tr data-lines><td>{{ line.no }} {{ line.amount }}</td></tr></table>"
        )
    )
    quote.template = own
    quote.save()
    assert "1 ¥56.40" in queries.paper(Quote.objects.get(pk=quote.pk))


postgres = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="row locks are PostgreSQL's"),
]


class TestRaces:
    pytestmark = postgres

    def test_one_order_from_one_quotation(self, people, shop, water):
        quote = write_quote(people.owner, shop, (water, 24))
        outcomes = race(
            *[lambda: services.order_from_quote(actor=people.owner, quote=Quote.objects.get(pk=quote.pk))] * 4
        )
        assert [type(outcome) for outcome in outcomes].count(SalesOrder) == 1
        assert SalesOrder.objects.count() == 1

    def test_one_next_version(self, people, shop, water):
        quote = write_quote(people.owner, shop, (water, 24))
        outcomes = race(
            *[lambda: services.new_version(actor=people.owner, quote=Quote.objects.get(pk=quote.pk))] * 4
        )
        assert [type(outcome) for outcome in outcomes].count(Quote) == 1
        assert sorted(Quote.objects.values_list("version", flat=True)) == [1, 2]


def gift_rule(water, beer):
    return GiftRule.objects.create(
        name="水十送一", product=water, buy_quantity=Decimal(10), gift=beer, gift_quantity=Decimal(1)
    )


def with_gift(water, beer, quantity="2", price=None):
    """20 of water, and beer for nothing."""
    values = quote_input((water, 20))
    gift = LineInput(beer.pk, Decimal(quantity), price=price, is_gift=True)
    return replace(values, lines=[*values.lines, gift])


def test_gifts_are_offered_for_nothing_and_go_into_the_order(people, shop, water, beer):
    gift_rule(water, beer)
    quote = services.create_quote(
        actor=people.owner, customer=shop, values=with_gift(water, beer, price=Decimal("7.99")), send=True
    )
    given = quote.lines.get(is_gift=True)
    assert (given.product, given.quantity, given.price, given.amount) == (beer, 2, 0, 0)
    assert quote.total == Decimal("47.00")  # 20 × 2.35
    order = services.order_from_quote(actor=people.owner, quote=quote)
    line = order.lines.get(is_gift=True)
    assert (line.product, line.quantity, line.price, order.total) == (beer, 2, 0, quote.total)
    sales.submit_order(actor=people.owner, order=order)
    assert (order.status, order.approval_reason) == ("submitted", "")  # as many as the rule gives
    copy = services.copy_quote(actor=people.owner, quote=quote)
    assert copy.lines.get(is_gift=True).quantity == 2


def test_more_gifts_than_the_rules_give_wait_for_a_manager_in_the_order(people, shop, water, beer):
    gift_rule(water, beer)
    quote = services.create_quote(
        actor=people.owner, customer=shop, values=with_gift(water, beer, "3"), send=True
    )
    order = services.order_from_quote(actor=people.owner, quote=quote)
    sales.submit_order(actor=people.owner, order=order)
    assert beer.name in order.approval_reason


def test_versions_tell_a_gift_from_what_is_paid_for(people, shop, water, beer):
    first = write_quote(people.owner, shop, (water, 20), (beer, 2))
    second = services.new_version(actor=people.owner, quote=first)
    services.update_quote(actor=people.owner, quote=second, values=with_gift(water, beer))
    came, went = queries.versions(second)[0].changes
    assert (came.old, came.new.is_gift, came.name) == (None, True, "黑啤酒（赠）")
    assert (went.new, went.old.is_gift, went.name) == (None, False, "黑啤酒")


def test_the_paper_says_what_is_a_gift(people, shop, water, beer):
    template = QuoteTemplate.objects.create(
        name="测试",
        html='<table><tr data-lines=""><td>{{ line.product }}</td><td>{{ line.price }}|{{ line.amount }}</td></tr></table>',
    )
    values = replace(with_gift(water, beer), template=template)
    paper = queries.paper(services.create_quote(actor=people.owner, customer=shop, values=values))
    assert "<td>黑啤酒（赠）</td><td>|¥0.00</td>" in paper
    assert "<td>矿泉水</td><td>¥2.35|¥47.00</td>" in paper
