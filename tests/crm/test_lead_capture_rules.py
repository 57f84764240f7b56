"""Reading what channels send: nothing breaks it, and real shapes are understood."""

import contextlib
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.enums import ChannelKind
from crm.models import Lead
from crm.rules.lead_capture import (
    CAPTURE_FIELDS,
    extract,
    match_region,
    next_in_turn,
)
from crm.rules.lead_payloads import (
    MAX_VALUES,
    Unreadable,
    body_text,
    flatten,
    read_payload,
    signature,
    signature_fits,
)

BAIDU = {
    "clueId": "210604140990751127",
    "cluePhoneNumber": "13311100006",
    "solutionTypeName": "表单",
    "flowChannelName": "信息流推广",
    "area": "安徽-合肥",
    "formDetail": json.dumps(
        [{"name": "姓名", "type": "name", "value": "小红"}, {"name": "需求", "type": "text", "value": "进货"}]
    ),
}
DOUYIN = {
    "status": "success",
    "data": [
        {
            "clue_id": "7012345678901234567",
            "name": "王先生",
            "telephone": "13800138000",
            "province_name": "安徽",
            "city_name": "合肥",
            "country_name": "包河区",
            "address": "屯溪路 128 号",
            "remark": "想代理",
        }
    ],
}
DINGTALK = {
    "processInstanceId": "f-1",
    "formComponentValues": [
        {"name": "公司名称", "value": "老王商贸"},
        {"name": "联系人", "value": "老王"},
        {"name": "联系电话", "value": "0551-62345678"},
    ],
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=25,
)


@given(json_values, st.sampled_from(ChannelKind.values), json_values)
def test_any_json_is_flattened_and_extracted(payload, kind, mapping):
    flat = flatten(payload)
    assert len(flat) <= MAX_VALUES
    assert all(path and text and "\0" not in text for path, text in flat.items())
    found = extract(flat, mapping, kind)
    limits = {one.name: one.limit for one in CAPTURE_FIELDS}
    assert all(0 < len(text) <= limits[name] for name, text in found.values.items())
    assert ("name" in found.values) != ("name" in found.problems)
    for text in found.values.values():
        text.encode()  # no half of a surrogate pair reaches the database


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "application/json", "text/plain", "multipart/form-data; boundary=x"]),
)
def test_any_body_is_read_or_refused(body, content_type):
    with contextlib.suppress(Unreadable):
        flatten(read_payload(body_text(body), content_type))


@pytest.mark.parametrize("body", ["", "  ", "[", '{"a":', "null", '"text"', "hello", "[" * 100_000])
def test_unreadable(body):
    with pytest.raises(Unreadable):
        read_payload(body, "application/json")


def test_form_multipart_and_json_say_the_same():
    wanted = {"name": "老王超市", "phone": "13800138000"}
    multipart = "\r\n".join(
        f'--xx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}'
        for name, value in wanted.items()
    )
    assert flatten(read_payload(urlencode(wanted), "application/x-www-form-urlencoded")) == wanted
    assert flatten(read_payload(json.dumps(wanted), "text/plain")) == wanted
    assert flatten(read_payload(f"{multipart}\r\n--xx--\r\n", "multipart/form-data; boundary=xx")) == wanted
    assert flatten(read_payload("a=1&a=2", "")) == {"a": "1、2"}


@pytest.mark.parametrize(
    ("kind", "payload", "wanted"),
    [
        (
            ChannelKind.BAIDU,
            BAIDU,
            {"name": "小红", "contact": "小红", "phone": "13311100006", "external_id": "210604140990751127",
             "region": "安徽-合肥", "notes": "进货"},
        ),
        (
            ChannelKind.DOUYIN,
            DOUYIN,
            {"name": "王先生", "contact": "王先生", "phone": "13800138000", "external_id": "7012345678901234567",
             "province": "安徽", "city": "合肥", "district": "包河区", "address": "屯溪路 128 号", "notes": "想代理"},
        ),
        (
            ChannelKind.DINGTALK,
            DINGTALK,
            {"name": "老王商贸", "contact": "老王", "phone": "0551-62345678", "external_id": "f-1"},
        ),
        (
            ChannelKind.OTHER,
            {"name": "老王超市", "contact": "王建国", "mobile": "13800138000", "id": 17},
            {"name": "老王超市", "contact": "王建国", "phone": "13800138000", "external_id": "17"},
        ),
        (
            ChannelKind.EXHIBITION,
            {"店名": "老李便利店", "姓名": "李四", "手机号": "13900139000", "城市": "合肥"},
            {"name": "老李便利店", "contact": "李四", "phone": "13900139000", "city": "合肥"},
        ),
    ],
)  # fmt: skip
def test_real_shapes_are_guessed(kind, payload, wanted):
    found = extract(flatten(payload), {}, kind)
    assert found.values == wanted
    assert not found.problems


def test_a_mapping_is_the_only_rule_once_it_is_there():
    flat = flatten({"title": "老王超市", "name": "别的", "phone": "13800138000"})
    assert extract(flat, {"name": "title"}).values == {"name": "老王超市"}
    missing = extract(flat, {"name": "nowhere", "phone": "phone"})
    assert missing.values == {"phone": "13800138000"}
    assert "nowhere" in missing.problems["name"]


def test_long_texts():
    found = extract({"name": "名" * 121, "notes": "注" * 3000, "id": "9" * 121}, {})
    assert len(found.values["notes"]) == 2000
    assert set(found.problems) == {"name", "external_id"}
    assert extract({"name": "名" * 120}, {}).values["name"] == "名" * 120


def test_limits_are_the_models():
    for one in CAPTURE_FIELDS:
        if one.name in ("name", "province", "city", "district", "address", "notes", "tax_id", "external_id"):
            assert one.limit == Lead._meta.get_field(one.name).max_length


@pytest.mark.parametrize(
    ("lat", "lng", "place"),
    [
        ("31.8", "117.2", (31.8, 117.2)),
        ("x", "1", None),
        ("nan", "1", None),
        ("91", "0", None),
        ("31.8", "", None),
    ],
)
def test_place(lat, lng, place):
    assert extract({"name": "a", "lat": lat, "lng": lng}, {}).place == place


def test_signature():
    body = '{"name":"老王"}'.encode()
    right = signature("secret", body)
    assert right.startswith("sha256=")
    assert signature_fits("secret", body, right)
    assert signature_fits("secret", body, right.removeprefix("sha256=").upper())
    for wrong in ("", "sha256=", right[:-1], right + "0", "é", signature("other", body)):
        assert not signature_fits("secret", body, wrong)
    assert not signature_fits("secret", body + b" ", right)


def test_turns():
    assert [next_in_turn([2, 5, 9], last) for last in (None, 2, 5, 9, 3, 100)] == [2, 5, 9, 2, 5, 2]
    assert next_in_turn([], 3) is None


@pytest.mark.parametrize(
    ("texts", "region"),
    [
        (["包河区"], 1),
        (["", "合肥市", "包河区", ""], 1),
        (["安徽省合肥市包河区屯溪路"], 1),
        (["合肥"], 2),
        (["安徽-合肥"], 2),
        (["上海市"], None),
        (["东路"], None),
        ([], None),
    ],
)
def test_regions(texts, region):
    assert match_region([(2, "合肥市"), (1, "包河区"), (3, "东")], texts) == region
