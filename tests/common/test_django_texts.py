"""What Django says of a field, in our Chinese: short, of the field, and found under the very words that Django uses."""

import gettext
from pathlib import Path

import django
import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override

from common.django_texts import COUNTED, TEXTS

FOLDER = Path(django.__file__).parent / "conf" / "locale"


class _Form(forms.Form):
    name = forms.CharField(max_length=5, min_length=2, required=False)
    amount = forms.DecimalField(max_digits=6, decimal_places=2, max_value=1000, min_value=1, required=False)
    count = forms.IntegerField(required=False)
    day = forms.DateField(required=False)
    mail = forms.EmailField(required=False)
    site = forms.URLField(required=False, assume_scheme="https")
    level = forms.ChoiceField(choices=[("A", "A")], required=False)
    file = forms.FileField(required=False)


def errors(name, value):
    form = _Form({name: value})
    return list(form.errors.get(name, []))


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("name", "一二三四五六七", "最多 5 个字，现在有 7 个。"),
        ("name", "一", "至少 2 个字，现在有 1 个。"),
        ("amount", "1001", "不能大于 1000。"),
        ("amount", "0.5", "不能小于 1。"),
        ("amount", "1.234", "小数最多 2 位。"),
        ("amount", "x", "请填写数字。"),
        ("count", "1.5", "请填写整数。"),
        ("day", "31.31.2026", "日期不对，请按 2026-01-31 的样子填写。"),
        ("mail", "x", "邮箱地址不对。"),
        ("site", "http://", "网址不对，请以 http:// 或 https:// 开头。"),
        ("level", "Z", "“Z”不在选项中，请重新选择。"),
    ],
)
def test_a_field_says_it_shortly(name, value, text):
    with override("zh-hans"):
        assert errors(name, value) == [text]


def test_what_is_missing_or_empty():
    class _Needed(forms.Form):
        name = forms.CharField()
        file = forms.FileField()

    with override("zh-hans"):
        form = _Needed({}, {"file": SimpleUploadedFile("x.txt", b"")})
        assert form.errors == {"name": ["此项必填。"], "file": ["文件是空的。"]}
    with override("en"):
        assert _Needed({}).errors["name"] == ["This field is required."]


def test_django_still_uses_these_words():
    """Else our translation would be of a text that nobody shows."""
    with (FOLDER / "zh_Hans" / "LC_MESSAGES" / "django.mo").open("rb") as file:
        known = gettext.GNUTranslations(file)._catalog
    single = [text for text in TEXTS if text not in known]
    numbers = {"limit_value": 1, "show_value": 2, "max": 1, "length": 2, "num": 1}
    with override("en"):
        shown = {text % numbers for text in COUNTED}
    counted = {key[0] % numbers for key in known if isinstance(key, tuple) and key[0].startswith("Ensure")}
    assert single == []
    assert shown <= counted
