"""The form of a name that duplicates are compared in (domain-rules §8)."""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

# What sort of shop it is (超市, 烟酒店) stays: that is
# what tells 老王超市 from 老王烟酒店.
_SUFFIXES = [
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "责任公司",
    "股份公司",
    "集团公司",
    "总公司",
    "分公司",
    "公司",
    "集团",
    "个体工商户",
    "个体户",
    "商贸",
    "贸易",
    "工贸",
    "经贸",
    "商贸行",
    "贸易行",
    "贸易商行",
    "商行",
    "经营部",
    "经销部",
    "批发部",
    "门市部",
    "营业部",
    "销售部",
    "实业",
    "控股",
    "coltd",
    "companylimited",
    "limited",
    "ltd",
    "inc",
    "llc",
    "corp",
]


def _either(names: list[str]) -> str:
    """Longest first, so that no name hides behind a shorter beginning of it."""
    return "|".join(sorted(names, key=len, reverse=True))


_SUFFIX = re.compile(f"(?:{_either(_SUFFIXES)})$")
_SIGNS = re.compile(r"[\W_]+")
# Fewer signs than this say nothing by themselves: 上海滩 is a shop, 滩 is not.
_LEAST = 2


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """NFKC and case-folded: full-width and half-width, upper and lower case become one."""
    return fold_long(text)


def fold_long(text: str) -> str:
    """What `fold` does, without keeping the answer: for texts that do not come twice."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _places() -> re.Pattern[str]:
    """Provinces and prefecture cities, with or without 省, 市 and the like, at the start of a name."""
    provinces: list[str] = []
    cities: list[str] = []
    words: list[str] = []
    for line in Path(__file__).with_name("places.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            province, *rest = line.split()
            provinces.append(province)
            for city in rest:
                (words if city.endswith("!") else cities).append(city.rstrip("!"))
    region = r"(?:特别行政区|[^省市]{0,5}?自治区|省|市)"
    prefecture = r"(?:[^省市]{0,6}?自治州|地区|盟|市)"
    return re.compile(
        f"^(?:(?:{_either(provinces)}){region}?|(?:{_either(cities)}){prefecture}?|(?:{_either(words)}){prefecture})"
    )


_PLACE = _places()


@lru_cache(maxsize=8192)
def normalise_name(name: str) -> str:
    """The name without case, width, spaces, punctuation, company suffixes and a leading province or city.

    Nothing is dropped that would leave fewer than two signs ("上海滩" stays), and a name of punctuation only comes
    back as it is: the result of a name that is not empty is never empty. Applying it twice changes nothing.
    """
    folded = fold(name)
    text = _SIGNS.sub("", folded)
    if not text:
        return folded.strip() or name
    while (shorter := _without(_PLACE, _without(_SUFFIX, text))) != text:
        text = shorter
    return text


def _without(pattern: re.Pattern[str], text: str) -> str:
    """All suffixes before any place: what is left of 安徽商贸有限公司 is 安徽 and not 商贸."""
    while len(rest := pattern.sub("", text, count=1)) >= _LEAST and rest != text:
        text = rest
    return text
