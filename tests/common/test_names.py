import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.names import (
    fold,
    folded_grams,
    gram_numbers,
    gram_numbers_of_each,
    is_one_gram,
    normalise_name,
    pinyin_initials,
    query_grams,
    search_grams,
    similar_grams,
    similar_lengths,
    without_one,
)


# --- normalise_name (domain-rules §8) ---------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("蜗牛烘焙", "蜗牛烘焙"),
        ("安徽蜗牛烘焙商贸有限公司", "蜗牛烘焙"),
        ("合肥市蜗牛烘焙", "蜗牛烘焙"),
        ("安徽省合肥市蜗牛烘焙有限责任公司", "蜗牛烘焙"),
        ("蜗牛烘焙股份有限公司", "蜗牛烘焙"),
        ("蜗牛 烘焙·贸易", "蜗牛烘焙"),
        ("【蜗牛】烘焙！经营部", "蜗牛烘焙"),
        ("吉林省吉林市老王经营部", "老王"),
        ("广西壮族自治区南宁市甲乙", "甲乙"),
        ("新疆维吾尔自治区伊犁哈萨克自治州丙丁", "丙丁"),
        ("香港特别行政区大家乐", "大家乐"),
        ("ＡＢＣ Co., Ltd.", "abc"),
        ("Abc Trading", "abctrading"),
        ("老王超市", "老王超市"),
        ("老王烟酒店", "老王烟酒店"),
        ("市中心超市", "市中心超市"),
        ("大理石材", "大理石材"),
        ("大理市老王", "老王"),
        ("上海滩", "上海滩"),
        ("北京", "北京"),
        ("有限公司", "有限公司"),
        ("安徽商贸有限公司", "安徽"),
        ("7-11便利店", "711便利店"),
        ("！！！", "!!!"),
        ("", ""),
    ],
)
def test_normalise_name(name, expected):
    assert normalise_name(name) == expected


def test_names_that_differ_in_more_than_form_stay_apart():
    names = ["老王超市", "老王烟酒店", "小王超市", "老王超市二店", "老王超市2店"]
    assert len({normalise_name(name) for name in names}) == len(names)


@given(st.text(max_size=30))
@example(" ")
@example("\u0345")
def test_a_name_never_becomes_empty(name):
    result = normalise_name(name)
    assert bool(result) == bool(name)
    assert normalise_name(result) == result


# --- pinyin_initials --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("蜗牛烘焙", "wnhb"),
        ("ＡＢＣ超市（2店）", "abccs2d"),
        ("7-11便利店", "711bld"),
        ("重庆火锅", "cqhg"),
        ("长江银行", "cjyh"),
        ("厦门大厦", "xmds"),
        ("老王五金行", "lwwjh"),
        ("行知书店", "xzsd"),
        ("朝阳音乐", "cyyy"),
        ("Café 咖啡", "cafkf"),
        ("！", ""),
        ("", ""),
    ],
)
def test_pinyin_initials(name, initials):
    assert pinyin_initials(name) == initials


def test_initials_of_many_names_are_quick():
    names = [f"合肥蜗牛烘焙商贸第{number}店" for number in range(20_000)]
    pinyin_initials("热身")
    started = time.perf_counter()
    for name in names:
        pinyin_initials(name)
    # Measured 0.2 s; character by character through pypinyin it would be 6 s.
    assert time.perf_counter() - started < 2.5


# --- grams ------------------------------------------------------------------------------------------
def test_search_grams():
    assert search_grams("蜗牛烘焙") == ["蜗", "牛", "烘", "焙", "蜗牛", "牛烘", "烘焙"]
    assert search_grams("ＡB12") == ["ab", "b1", "12", "ab1", "b12"]
    assert search_grams("老王7-11") == ["老", "王", "老王", "11"]
    assert search_grams("蜗牛", "牛蜗", "蜗牛") == ["蜗", "牛", "蜗牛", "牛蜗"]
    assert search_grams("a", "-", "") == []
    assert search_grams() == []


def test_query_grams():
    assert query_grams("蜗") == ["蜗"]
    assert query_grams("蜗牛") == ["蜗牛"]
    assert query_grams("蜗牛烘") == ["蜗牛", "牛烘"]
    assert query_grams("WN") == ["wn"]
    assert query_grams("wnhb") == ["wnh", "nhb"]
    assert query_grams("牛7") == ["牛"]
    assert query_grams("老王 8123") == ["老王", "812", "123"]
    assert query_grams("w") == []
    assert query_grams("-") == []
    assert query_grams("") == []


alphabet = st.sampled_from("蜗牛烘焙老王ab12éИᄒ한カ々 -·_（Ａß𠮷Ⅷİ")
texts = st.one_of(st.text(alphabet, max_size=20), st.text(max_size=20))


@given(st.lists(texts, min_size=1, max_size=3), st.data())
def test_no_substring_is_ever_lost(rows, data):
    row = data.draw(st.sampled_from(rows))
    folded = fold(row)
    start = data.draw(st.integers(0, len(folded)))
    query = folded[start : data.draw(st.integers(start, len(folded)))]
    if fold(query) not in folded:  # the cut went through a composed sign, so no LIKE would find it either
        return
    assert set(query_grams(query)) <= set(search_grams(*rows))


@given(texts)
def test_grams_hold_no_separators(text):
    for gram in search_grams(text):
        assert not any(unicodedata.category(sign)[0] in "ZPC" and sign.isprintable() for sign in gram)
        assert gram == gram.strip()
        assert len(gram) <= 3


@given(st.text(alphabet, min_size=1, max_size=8), st.text(alphabet, max_size=8))
def test_grams_filter(query, row):
    """What lacks a gram cannot hold the query, so the filter is allowed to drop it."""
    grams = set(search_grams(row))
    if not set(query_grams(query)) <= grams:
        assert fold(query) not in fold(row)


def test_gram_numbers():
    assert gram_numbers([]) == "{}"
    assert gram_numbers(["ab", "ab1"]) == f"{{{97 << 7 | 98},{(97 << 7 | 98) << 7 | 49}}}"
    assert (
        gram_numbers(["々", "々蜗", "蜗", "々"])
        == f"{{{(0x8717 << 16) - 2**32},{0x30050000},{0x3005 << 16 | 0x8717}}}"
    )


@given(st.lists(texts, min_size=1, max_size=3))
def test_numbers_fit_and_are_the_grams_own_where_they_must_be(rows):
    grams = search_grams(*rows)
    numbers = [int(gram_numbers([gram]).strip("{}")) for gram in grams]
    assert all(-(2**31) <= number < 2**31 for number in numbers)
    assert gram_numbers(grams) == f"{{{','.join(map(str, sorted(set(numbers))))}}}"
    own = [number for gram, number in zip(grams, numbers, strict=True) if is_one_gram(gram)]
    assert all(numbers.count(number) == 1 for number in own)


@given(st.lists(texts.map(fold), max_size=6))
def test_many_texts_have_the_grams_of_each(rows):
    assert gram_numbers_of_each(rows) == [gram_numbers(folded_grams(row)) for row in rows]


def test_grams_of_many_do_not_run_from_one_text_into_the_next():
    assert gram_numbers_of_each([]) == []
    assert gram_numbers_of_each(["老", "王", "", "w", "n\n1", "-"]) == [
        gram_numbers(["老"]),
        gram_numbers(["王"]),
        *["{}"] * 4,
    ]


@pytest.mark.parametrize("text", ["蜗", "蜗牛", "wn", "wnh", "12", "123"])
def test_one_gram(text):
    assert is_one_gram(text)


@pytest.mark.parametrize("text", ["", "w", "蜗牛烘", "wnhb", "1234", "-12", "蜗1", "蜗 ", "éa", "𠮷"])
def test_not_one_gram(text):
    assert not is_one_gram(text)


@given(texts, st.data())
def test_one_gram_is_the_whole_answer(row, data):
    folded = fold(row)
    start = data.draw(st.integers(0, len(folded)))
    query = folded[start : start + data.draw(st.integers(1, 3))]
    if is_one_gram(query):
        assert query in search_grams(row)
    assert all(gram in folded for gram in search_grams(row))


# --- similar names ----------------------------------------------------------------------------------
def shares(key, other):
    """Whether `sharing_grams` would look at `other` for `key`."""
    shortest, longest = similar_lengths(key)
    return shortest <= len(other) <= longest and (
        other in (key, *without_one(key))
        or any(set(grams) <= set(search_grams(other)) for grams in similar_grams(key))
    )


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("蜗牛", "蜗牛店"),
        ("蜗牛烘焙", "蜗牛烘"),
        ("蜗牛烘焙", "蜗牛烘焙坊"),
        ("蜗牛烘焙", "蜗牛大家烘焙"),
        ("老王便利店", "老汪便利店"),
        ("华联生活超市", "华联生超市"),
        ("合作社区生鲜大卖场店", "合作小区生鲜大买场店"),
        ("长江路黄山路口便民小超市", "长江路金山路口便民大超市"),
        ("7eleven", "7elevens"),
    ],
)
def test_similar_names_are_candidates_both_ways(key, other):
    assert shares(key, other)
    assert shares(other, key)


@pytest.mark.parametrize(
    ("key", "other"), [("老王便利店", "小李便利店"), ("蜗牛烘焙", "焙烘牛蜗"), ("蜗牛", "蜗牛烘焙")]
)
def test_other_names_are_not(key, other):
    assert not shares(key, other)


@given(st.text("蜗牛烘焙老王便利店", min_size=2, max_size=24), st.data())
def test_one_place_may_differ(key, data):
    """One sign is another one, or something is put in: never lost, whatever the length."""
    start = data.draw(st.integers(0, len(key) - 1))
    other = f"{key[:start]}新{key[start + 1 :]}"
    if len(key) >= 5:
        assert shares(key, other)
    assert shares(key, key)
    put_in = key[:start] + "新" * (len(key) // 4) + key[start:]
    assert shares(key, put_in)
