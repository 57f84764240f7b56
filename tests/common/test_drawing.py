"""What is drawn in one string draws what the templates would."""

import datetime as dt

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from common.renderers import FormRenderer
from common.tables import Column, draw_chooser

NASTY = '<b>"&'


class EveryInput(forms.Form):
    text = forms.CharField(widget=forms.TextInput(attrs={"placeholder": _("Search"), "data-x": NASTY}))
    number = forms.IntegerField(widget=forms.NumberInput(attrs={"min": 0, "max": 3650}))
    email = forms.EmailField()
    url = forms.URLField(assume_scheme="https")
    secret = forms.CharField(widget=forms.PasswordInput(render_value=True))
    hidden = forms.CharField(widget=forms.HiddenInput)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    at = forms.DateTimeField()
    clock = forms.TimeField()
    file = forms.FileField(widget=forms.FileInput(attrs={"multiple": False}))
    tick = forms.BooleanField()


@pytest.mark.parametrize("name", EveryInput.base_fields)
@pytest.mark.parametrize("value", [None, "", NASTY, 12345, mark_safe("&amp;"), True, dt.date(2026, 11, 5)])
def test_inputs_are_drawn_as_django_draws_them(name, value):
    def drawn(renderer):
        return str(EveryInput(initial={name: value}, renderer=renderer)[name])

    assert drawn(FormRenderer()) == drawn(TemplatesSetting())


class Choices(forms.Form):
    one = forms.ChoiceField(label="One", choices=[("a", "A")])
    many = forms.MultipleChoiceField(label=NASTY, choices=[("a", "A")], widget=forms.CheckboxSelectMultiple)
    tick = forms.BooleanField(label="Tick")


def test_a_label_is_of_one_field_and_several_boxes_are_a_named_group():
    """A label that names no field says nothing to who does not see it."""
    form = Choices(renderer=FormRenderer())
    one, many, tick = (form[name].as_field_group() for name in ("one", "many", "tick"))
    assert '<label class="form-label required" for="id_one">One</label>' in one
    assert 'role="group" aria-label="&lt;b&gt;&quot;&amp;"' in many
    assert '<label class="form-label' not in many
    assert "role=" not in one + tick


def test_the_chooser_escapes_and_marks_the_title():
    lines = draw_chooser([(Column("a", NASTY, phone="title"), True), (Column("b", "B"), False)])
    assert "<b>" not in lines
    assert lines.count("<li>") == 2
    assert 'value="a" checked disabled' in lines
    assert 'value="b"><' in lines


# --- the navigation
def navigation(user, path="/customers/"):
    request = RequestFactory().get(path)
    return Template("{% sections %}").render(Context({"user": user, "request": request}))


def test_the_navigation_shows_what_somebody_may_open(people):
    assert 'href="/customers/"' in navigation(people.owner)
    role = people.owner.role
    role.permissions.remove(role.permissions.get(codename="view_customer"))
    again = type(people.owner).objects.get(pk=people.owner.pk)
    assert 'href="/customers/"' not in navigation(again)
    assert 'href="/orders/"' in navigation(again)


def test_the_navigation_marks_the_section_and_speaks_the_language(people):
    assert 'class="pd-nav-link active" href="/customers/"' in navigation(people.owner, "/customers/17/")
    assert 'class="pd-nav-link active" href="/customers/"' not in navigation(people.owner, "/orders/")
    with translation.override("en"):
        assert "Sales orders" in navigation(people.owner)
    assert "Sales orders" not in navigation(people.owner)


def test_a_superuser_sees_every_section(people):
    people.outsider.is_superuser = True
    assert 'href="/deliveries/"' in navigation(people.outsider)
