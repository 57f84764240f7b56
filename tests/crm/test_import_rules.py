"""Columns, lines and duplicates, without a database."""

import math
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from common.geo import convert, distance_m
from crm.enums import DictionaryKind, OnDuplicate
from crm.models import Contact, Customer, Dictionary, Phone, Tag
from crm.rules import import_rows
from crm.rules.import_batches import asked_by
from crm.rules.import_columns import (
    IMPORT_FIELDS,
    check_mapping,
    fold_header,
    guess_mapping,
    unmapped_headers,
)
from crm.rules.import_matches import Action, Match, address_key, decide, row_keys
from crm.rules.import_rows import References, RowParser, merge, resolve


def parse(row, **options):
    """A line given as {field: cell}."""
    parser = RowParser(list(row), {name: name for name in row}, **options)
    return parser.parse(2, list(row.values()))


def guess(*headers, **samples):
    return guess_mapping({header: samples.get(header, []) for header in headers})


def test_a_batch_asks_for_each_key_once_and_knows_which_come_twice():
    rows = [
        parse({"code": code, "name": name, "phone": phone})
        for code, name, phone in (
            ("1", "老王超市", "13800000001"),
            ("2", "老王超市", "13800000002"),
            ("3", "张记粮油店", "13800000002"),
            ("4", "李记粮油店", "13800000004"),
        )
    ]
    for row in rows:
        row.keys = list(row_keys(row))
    rows[3].errors.append("It does not go in.")
    asked = asked_by(rows)
    assert asked.values["code"] == {"1", "2", "3"}
    assert asked.values["phone"] == {"+8613800000001", "+8613800000002"}
    assert asked.names == {"老王超市", "张记粮油店"}
    assert asked.repeated_names == {"老王超市"}
    # Both shops of the name have no address, so their key of name and place is one too.
    assert asked.repeated == {("phone", "+8613800000002"), ("name", "老王超市\n")}


# --- columns
def test_every_head_of_the_contract_is_known():
    contract = [
        "编码",
        "code",
        "客户名称",
        "name",
        "渠道",
        "channel",
        "行业",
        "industry",
        "区域",
        "region",
        "等级",
        "level",
        "类型",
        "type",
        "来源",
        "source",
        "规模",
        "scale",
        "联系人",
        "contact",
        "电话",
        "phone",
        "地址",
        "address",
        "省",
        "province",
        "市",
        "city",
        "区",
        "district",
        "经度",
        "longitude",
        "纬度",
        "latitude",
        "业务员",
        "owner",
        "线路",
        "route",
        "信用额度",
        "credit_limit",
        "标签",
        "tags",
        "备注",
        "notes",
    ]
    for chinese, english in zip(contract[::2], contract[1::2], strict=True):
        assert guess(chinese) == {chinese: english}
        assert guess(english.upper()) == {english.upper(): english}


def test_heads_of_the_real_files_are_known():
    assert guess(
        "醫事機構代碼", "醫事機構名稱", "醫事機構地址", "醫事機構電話", "成人口罩剩餘數", "來源資料時間"
    ) == {
        "醫事機構代碼": "code",
        "醫事機構名稱": "name",
        "醫事機構地址": "address",
        "醫事機構電話": "phone",
    }
    headers = ["name", "address", "location", "adname", "type", "shopinfo", "lng", "lat", "is_chain"]
    mapping = guess_mapping({h: ["121.4,31.2"] if h == "location" else ["x"] for h in headers})
    assert mapping == {
        "name": "name",
        "address": "address",
        "adname": "district",
        "type": "type",
        "lng": "longitude",
        "lat": "latitude",
    }
    assert unmapped_headers(mapping, headers) == ["location", "shopinfo", "is_chain"]


def test_location_is_a_place_only_when_its_cells_are():
    assert guess("name", "location", location=["121.4,31.2"])["location"] == "lng_lat"
    assert guess("name", "location", location=["屯溪路 1 号"])["location"] == "address"


@pytest.mark.parametrize(
    "header", ["客户名称*", " 客户名称 （必填）", "客户 名称", "Customer Name", "CUSTOMER_NAME"]
)
def test_decorated_heads(header):
    assert guess(header) == {header: "name"}


def test_the_reason_column_of_an_error_workbook_is_nobodys():
    assert guess("名称", "失败原因") == {"名称": "name"}
    assert unmapped_headers({"名称": "name"}, ["名称", "失败原因", "颜色"]) == ["颜色"]


def test_two_phone_columns_both_count_two_names_do_not():
    assert guess("名称", "店名", "电话", "手机") == {"名称": "name", "电话": "phone", "手机": "phone"}


@pytest.mark.parametrize(
    ("mapping", "part"),
    [
        ({"a": "code"}, "客户名称"),
        ({"a": "name", "b": "name"}, "两列"),
        ({"a": "name", "z": "code"}, "z"),
        ({"a": "name", "b": "colour"}, "colour"),
        ({"a": "name", "b": "longitude"}, "经度"),
    ],
)
def test_a_mapping_that_cannot_work_says_why(mapping, part):
    with pytest.raises(ValidationError) as error:
        check_mapping(mapping, ["a", "b"])
    assert part in " ".join(error.value.messages)


def test_folding_keeps_a_head_that_is_only_brackets():
    assert fold_header("（电话）") == "电话"


# --- limits are the model's
def test_limits_are_those_of_the_models():
    assert {n: Customer._meta.get_field(n).max_length for n in import_rows.LIMITS} == dict(import_rows.LIMITS)
    assert Dictionary._meta.get_field("name").max_length == import_rows.CHOICE_LIMIT
    assert Tag._meta.get_field("name").max_length == import_rows.TAG_LIMIT
    assert Contact._meta.get_field("name").max_length == import_rows.CONTACT_LIMIT
    assert Phone._meta.get_field("raw").max_length == import_rows.PHONE_LIMIT
    assert set(import_rows.CHOICE_FIELDS) <= set(DictionaryKind.values)
    assert len({f.name for f in IMPORT_FIELDS}) == len(IMPORT_FIELDS)


# --- one line
def test_a_full_line():
    row = parse(
        {
            "code": "００７",
            "name": " 老王超市 ",
            "level": "b级",
            "phone": "13812345678/0551-62345678；找老王",
            "credit_limit": "¥5,000.505",
            "tags": "重点、夜间,重点；冷柜",
            "channel": "便利店",
            "contact": "王建国",
            "address": "[]",
            "notes": "null",
        }
    )
    assert row.errors == []
    assert row.values == {
        "code": "007",
        "name": "老王超市",
        "level": "B",
        "credit_limit": Decimal("5000.51"),
    }
    assert row.phones[0] == ("13812345678", "+8613812345678")
    assert row.phones[1][1] == "+8655162345678"
    assert row.tags == ["重点", "夜间", "冷柜"]
    assert (row.contact, row.choices) == ("王建国", {"channel": "便利店"})


def test_a_phone_of_nowhere_is_kept_and_marked():
    row = parse({"name": "藥局", "phone": "(02)27653147"})
    assert row.errors == []
    assert row.phones == [("(02)27653147", "")]
    assert "(02)27653147" in row.warnings[0]


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ({"name": ""}, "缺少客户名称"),
        ({"name": "x" * 121}, "121"),
        ({"name": "甲", "level": "D"}, "等级“D”"),
        ({"name": "甲", "credit_limit": "很多"}, "很多"),
        ({"name": "甲", "credit_limit": "-1"}, "-1"),
        ({"name": "甲", "credit_limit": "1e15"}, "1e15"),
        ({"name": "甲", "credit_limit": "Infinity"}, "Infinity"),
        ({"name": "甲", "phone": "1" * 61}, "太长"),
        ({"name": "甲", "tags": "很" * 31}, "31"),
        ({"name": "甲", "longitude": "31.2", "latitude": "121.4"}, "填反"),
        ({"name": "甲", "longitude": "181", "latitude": "31"}, "超出范围"),
        ({"name": "甲", "longitude": "0", "latitude": "0.0"}, "海上"),
        ({"name": "甲", "longitude": "东经", "latitude": "31"}, "不是数字"),
        ({"name": "甲", "longitude": "nan1", "latitude": "31"}, "不是数字"),
        ({"name": "甲", "longitude": "1_2", "latitude": "31"}, "不是数字"),
        ({"name": "甲", "longitude": "121.4", "latitude": ""}, "成对"),
        ({"name": "甲", "lng_lat": "here"}, "here"),
    ],
)
def test_a_line_that_cannot_go_in_says_why(row, part):
    errors = parse(row).errors
    assert len(errors) == 1
    assert part in errors[0]


def test_all_reasons_are_told_at_once():
    assert len(parse({"name": "", "level": "Z", "credit_limit": "x"}).errors) == 3


def test_the_datum_is_converted():
    row = parse({"name": "甲", "longitude": "121.457808", "latitude": "31.205629"}, datum="gcj02")
    wgs = row.values["latitude"], row.values["longitude"]
    assert wgs == convert(31.205629, 121.457808, "gcj02", "wgs84")
    assert 300 < distance_m(*wgs, 31.205629, 121.457808) < 700
    assert parse({"name": "甲", "lng_lat": "121.5,31.2"}).values["latitude"] == 31.2
    assert not math.isnan(wgs[0])


def test_coordinates_in_two_columns_go_before_the_pair():
    row = parse({"name": "甲", "longitude": "121", "latitude": "31", "lng_lat": "100,20"})
    assert (row.values["latitude"], row.values["longitude"]) == (31, 121)


def test_extra_columns_are_kept_on_request():
    parser = RowParser(["店", "颜色", "失败原因"], {"店": "name"}, keep_extra=True)
    assert parser.parse(2, ["甲", "红", "旧"]).extra == {"颜色": "红"}
    assert RowParser(["店", "颜色"], {"店": "name"}).parse(2, ["甲", "红"]).extra == {}


def test_control_characters_do_not_get_in():
    assert parse({"name": "甲\x00店"}).values["name"] == "甲店"


# --- choices and people
def references(**options):
    people = {"li": [1], "李四": [1], "王五": [2, 3], "赵六": [4]}
    return References(choices={("channel", "kfc"): 9}, people=people, **options)


def resolved(row, **options):
    parsed, known = parse(row), references(**options)
    resolve(parsed, known)
    return parsed, known


def test_choices_and_people_become_ids():
    row, _ = resolved({"name": "甲", "channel": "ＫＦＣ", "owner": "LI"})
    assert row.errors == []
    assert (row.values["channel_id"], row.owner_id) == (9, 1)


@pytest.mark.parametrize(
    ("row", "options", "part"),
    [
        ({"name": "甲", "channel": "新渠道"}, {}, "新渠道"),
        ({"name": "甲", "owner": "没有"}, {}, "没有在职用户"),
        ({"name": "甲", "owner": "王五"}, {}, "多名用户"),
        ({"name": "甲", "owner": "赵六"}, {"mine": frozenset({1})}, "范围"),
    ],
)
def test_unknown_choices_and_people_fail(row, options, part):
    parsed, _ = resolved(row, **options)
    assert len(parsed.errors) == 1
    assert part in parsed.errors[0]


def test_unknown_choices_may_be_created():
    row, known = resolved({"name": "甲", "channel": "新渠道"}, create_choices=True)
    assert row.errors == []
    assert known.created == {("channel", "新渠道"): "新渠道"}


# --- duplicates
def test_keys_of_a_line():
    row = parse(
        {
            "code": "A1",
            "name": "合肥老王商贸有限公司",
            "phone": "13812345678、8358",
            "address": "屯溪路 １２８号",
        }
    )
    keys = list(row_keys(row))
    assert keys[:2] == [("code", "A1"), ("phone", "+8613812345678")]
    assert keys[2] == ("name", "老王\n屯溪路128号")
    assert len(keys) == 3  # the phone that is not recognised says nothing


def test_an_address_is_compared_from_province_to_street():
    assert address_key("安徽省", "合肥市", "", "屯溪路 １２８ 号") == address_key(
        "", "", "", "安徽省合肥市屯溪路128号"
    )


@pytest.mark.parametrize(
    ("by", "policy", "action"),
    [
        ("code", OnDuplicate.SKIP, Action.SKIP),
        ("code", OnDuplicate.UPDATE, Action.UPDATE),
        ("code", OnDuplicate.CREATE, Action.FAIL),
        ("phone", OnDuplicate.SKIP, Action.SKIP),
        ("phone", OnDuplicate.UPDATE, Action.UPDATE),
        ("phone", OnDuplicate.CREATE, Action.CREATE),
        ("name", OnDuplicate.SKIP, Action.SKIP),
        ("name", OnDuplicate.CREATE, Action.CREATE),
        ("tax_id", OnDuplicate.UPDATE, Action.UPDATE),
    ],
)
def test_what_a_hit_leads_to(by, policy, action):
    decision = decide(Match(by, "老王超市", "C000001"), policy)
    assert decision.action is action
    assert "老王超市" in decision.reason + decision.warning or (by, action) == ("code", Action.UPDATE)


def test_no_hit_creates():
    assert decide(None, OnDuplicate.SKIP).action is Action.CREATE


def test_a_customer_out_of_reach_is_neither_changed_nor_named():
    match = Match("phone", "秘密客户", "S1", within_reach=False)
    decision = decide(match, OnDuplicate.UPDATE)
    assert decision.action is Action.FAIL
    assert "秘密客户" not in decision.reason + decide(match, OnDuplicate.SKIP).reason
    assert "他人" in decision.reason


def test_a_later_line_completes_an_earlier_one():
    first = parse({"code": "1", "name": "甲", "phone": "13812345678", "level": "A"})
    merge(first, parse({"code": "2", "name": "甲店", "phone": "13812345678 13812345679", "contact": "王"}))
    assert first.values == {"code": "1", "name": "甲店", "level": "A"}
    assert [raw for raw, _ in first.phones] == ["13812345678", "13812345679"]
    assert first.contact == "王"
