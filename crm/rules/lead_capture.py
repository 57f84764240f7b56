"""Which value a channel sends is which of our fields, and what can become a lead. Pure; see lead_payloads for reading."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.geo import valid_coordinates
from crm.enums import ChannelKind
from crm.rules.lead_payloads import storable

Label = str | Promise


@dataclass(frozen=True)
class CaptureField:
    """One of our fields. `aliases` are folded names other systems use; the longest text we keep is `limit`."""

    name: str
    label: Label
    limit: int
    aliases: tuple[str, ...] = ()


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CAPTURE_FIELDS: tuple[CaptureField, ...] = (
    CaptureField(
        "name",
        gettext_lazy("lead name"),
        120,
        _words(
            "shopname storename companyname company corpname cluecorpname customername cusname clientname leadname"
            " organization 潜客名称 店名 店铺名称 门店名称 公司 公司名称 企业名称 单位名称 单位 客户名称 商户名称 名称"
        ),
    ),
    CaptureField(
        "contact",
        gettext_lazy("contact"),
        40,
        _words(
            "contactname contactperson linkman username realname fullname cluename person customercontact"
            " 联系人 姓名 您的姓名 称呼 您的称呼 联系人姓名 客户姓名"
        ),
    ),
    CaptureField(
        "phone",
        gettext_lazy("phone"),
        120,
        _words(
            "phones tel telephone telphone mobile mobilephone mobiles phonenumber cellphone contactphone cluephonenumber"
            " cluetelephone usermobile 电话 手机 手机号 手机号码 联系电话 联系方式 电话号码 您的电话"
        ),
    ),
    CaptureField(
        "contact2",
        gettext_lazy("second contact"),
        40,
        _words(
            "secondcontact contactname2 contactperson2 linkman2 othercontact"
            " 第二联系人 联系人2 联系人二 其他联系人 备用联系人"
        ),
    ),
    CaptureField(
        "phone2",
        gettext_lazy("phone of the second contact"),
        120,
        _words(
            "secondphone contactphone2 mobile2 tel2 telephone2 phonenumber2 otherphone"
            " 第二联系人电话 第二联系人手机 电话2 手机2 联系电话2 备用电话 备用手机"
        ),
    ),
    CaptureField("province", gettext_lazy("province"), 40, _words("provincename state 省 省份 所在省")),
    CaptureField("city", gettext_lazy("city"), 40, _words("cityname 市 城市 所在城市 所在市")),
    CaptureField(
        "district",
        gettext_lazy("district"),
        40,
        _words("districtname county countryname areaname 区 区县 县"),
    ),
    CaptureField(
        "address",
        gettext_lazy("address"),
        200,
        _words("addr detailaddress location clueaddress street 地址 详细地址 店铺地址 门店地址 收货地址"),
    ),
    CaptureField(
        "region",
        gettext_lazy("Region"),
        60,
        _words("area cluearea clueregion regionname 区域 地区 片区 大区"),
    ),
    CaptureField(
        "industry", gettext_lazy("Industry"), 60, _words("industryname clueindustry trade 行业 所属行业")
    ),
    CaptureField(
        "notes",
        gettext_lazy("notes"),
        2000,
        _words(
            "note remark remarks message comment comments content description requirement question"
            " 备注 留言 需求 说明 咨询内容 意向"
        ),
    ),
    CaptureField("tax_id", gettext_lazy("tax id"), 40, _words("taxno creditcode 税号 统一社会信用代码")),
    CaptureField("longitude", gettext_lazy("longitude"), 30, _words("lng lon 经度")),
    CaptureField("latitude", gettext_lazy("latitude"), 30, _words("lat 纬度")),
    CaptureField(
        "external_id",
        gettext_lazy("id at the channel"),
        120,
        _words(
            "externalid clueid leadid recordid submissionid formdataid instanceid processinstanceid orderid orderno"
            " externaluserid msgid uuid id 线索id 编号 单号"
        ),
    ),
)
FIELD_BY_NAME: Mapping[str, CaptureField] = {one.name: one for one in CAPTURE_FIELDS}
FIELD_NAMES: tuple[str, ...] = tuple(FIELD_BY_NAME)

# What a channel calls a thing goes before what everybody calls it; folded paths, best first. Baidu 基木鱼 pushes
# {clueId, cluePhoneNumber, formDetail: [{name, type, value}], flowChannelName …}, the 巨量引擎 (Douyin) clue has
# {clue_id, name, telephone, province_name, city_name, country_name (the district), address, remark …}; WeCom and
# DingTalk send the form their administrator built, mostly as a list of named values.
CHANNEL_ALIASES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    ChannelKind.BAIDU: {
        "external_id": ("clueid",),
        "phone": ("cluephonenumber", "phone"),
        "contact": ("formdetail姓名", "username", "name"),
        "region": ("area", "cluearea"),
    },
    ChannelKind.DOUYIN: {
        "external_id": ("clueid",),
        "phone": ("telephone", "telphone", "phone"),
        "contact": ("name",),
        "district": ("countryname",),
    },
    ChannelKind.WECOM: {
        "external_id": ("externaluserid", "clueid", "formid"),
        "name": ("corpname", "corpfullname", "externalcontactcorpname"),
        "contact": ("username", "externalcontactname", "name"),
    },
    ChannelKind.DINGTALK: {
        "external_id": ("processinstanceid", "instanceid", "forminstanceid"),
    },
    ChannelKind.MALL: {
        "external_id": ("orderid", "orderno", "tid"),
        "contact": ("receivername", "buyername", "consignee"),
        "phone": ("receivermobile", "receiverphone", "buyerphone", "mobile"),
        "address": ("receiveraddress", "address"),
    },
}
# Here "name" is the person: a shop name is what the advert seldom asks for.
_PERSON_FIRST = frozenset({ChannelKind.BAIDU, ChannelKind.DOUYIN, ChannelKind.WECOM})


def fold_path(path: str) -> str:
    """A path or name without case, width, spaces and signs: "formDetail.姓名" → "formdetail姓名"."""
    return "".join(c for c in unicodedata.normalize("NFKC", path).casefold() if c.isalnum())


def guess_mapping(flat: Mapping[str, str], kind: str = ChannelKind.OTHER) -> dict[str, str]:
    """{our field: path} for the values that are recognised.

    The channel's own names are tried first, then ours, then what others use; a value further up in the payload and
    earlier in it wins. Two of our fields never share a value.
    """
    by_path: dict[str, str] = {}
    by_leaf: dict[str, str] = {}
    for path in sorted(flat, key=lambda one: one.count(".")):
        by_path.setdefault(fold_path(path), path)
        by_leaf.setdefault(fold_path(_leaf(path)), path)
    special = CHANNEL_ALIASES.get(kind, {})
    mapping: dict[str, str] = {}
    for one in sorted(CAPTURE_FIELDS, key=lambda each: each.name not in special):
        own = () if one.name == "name" and kind in _PERSON_FIRST else (fold_path(one.name),)
        wanted = (*special.get(one.name, ()), *own, *one.aliases)
        taken = set(mapping.values())
        hits = (by_path.get(alias) or by_leaf.get(alias) for alias in wanted)
        found = next((hit for hit in hits if hit and hit not in taken), None)
        if found is not None:
            mapping[one.name] = found
    return {name: mapping[name] for name in FIELD_NAMES if name in mapping}


def _leaf(path: str) -> str:
    parts = path.split(".")
    # phones.0 is called phones
    return parts[-2] if len(parts) > 1 and parts[-1].isdecimal() else parts[-1]


def clean_mapping(mapping: object) -> dict[str, str]:
    """The pairs of a stored mapping that mean something; whatever else stands there is passed over."""
    if not isinstance(mapping, Mapping):
        return {}
    return {
        name: path
        for name, path in mapping.items()
        if name in FIELD_BY_NAME and isinstance(path, str) and path
    }


@dataclass
class Extracted:
    """What a payload says in our words. With `problems` ({field: reason}) it cannot become a lead."""

    values: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    place: tuple[float, float] | None = None  # (latitude, longitude) in WGS-84 degrees

    @property
    def external_id(self) -> str:
        return self.values.get("external_id", "")

    @property
    def reason(self) -> str:
        return " ".join(self.problems.values())


def extract(flat: Mapping[str, str], mapping: Mapping[str, str], kind: str = ChannelKind.OTHER) -> Extracted:
    """Our fields from a flat payload: by `mapping` when there is one, else by guess.

    Long texts are cut, except a name or an id, where the cut would make it another; a place that cannot be is left
    out. A lead must have a name; without the shop's, the person's stands for it.
    """
    chosen = clean_mapping(mapping) or guess_mapping(flat, kind)
    found = Extracted()
    for name, path in chosen.items():
        one = FIELD_BY_NAME[name]
        text = _clean(flat.get(path, ""), lines=name == "notes")
        if not text:
            continue
        if len(text) > one.limit:
            if name in ("name", "external_id"):
                found.problems[name] = _(
                    "%(field)s has %(length)s characters, at most %(limit)s are possible."
                ) % {
                    "field": one.label,
                    "length": len(text),
                    "limit": one.limit,
                }
                continue
            text = text[: one.limit].rstrip()
        found.values[name] = text
    if "name" not in found.values and "name" not in found.problems:
        if "contact" in found.values:
            # An advert asks for the person and the phone; the shop's name is found out on the phone.
            found.values = {"name": found.values["contact"], **found.values}
        else:
            found.problems["name"] = _missing_name(chosen)
    found.place = _place(found.values.pop("latitude", ""), found.values.pop("longitude", ""))
    return found


def _missing_name(mapping: Mapping[str, str]) -> str:
    if path := mapping.get("name"):
        return _("The name is missing: “%(path)s” is empty.") % {"path": path}
    return _("The name is missing: no value is matched to it.")


def _clean(text: str, *, lines: bool) -> str:
    kept = storable(text)
    if lines:
        return "\n".join(line.strip() for line in kept.splitlines()).strip()
    return " ".join(kept.split())


def _place(latitude: str, longitude: str) -> tuple[float, float] | None:
    try:
        lat, lng = float(latitude), float(longitude)
    except ValueError:
        return None
    return (lat, lng) if valid_coordinates(lat, lng) else None


# --- who gets it
def next_in_turn(people: Sequence[int], last: int | None) -> int | None:
    """The one after `last` in the circle of `people` (ids in rising order); the first when `last` has left it."""
    if not people:
        return None
    return next((pk for pk in people if last is not None and pk > last), people[0])


_PLACE_ENDINGS = ("特别行政区", "自治区", "自治州", "新区", "省", "市", "区", "县", "片区")


def match_region(regions: Iterable[tuple[int, str]], texts: Iterable[str]) -> int | None:
    """The id of the region whose name is one of `texts`, or else stands in one; None when none does.

    `regions` are (id, name), `texts` go from the wide to the narrow (province … address), and the narrowest hit wins.
    包河 and 包河区 are one; a name of a single sign is never looked for inside a text.
    """
    folded = [fold_path(one) for one in texts]
    best: tuple[tuple[bool, int, int, int], int] | None = None
    for pk, name in regions:
        whole = fold_path(name)
        bare = _without_ending(whole)
        for index, text in enumerate(folded):
            exact = bool(whole) and (text == whole or _without_ending(text) == bare)
            position = text.rfind(bare) if len(bare) > 1 else -1
            if exact or position >= 0:
                score = (exact, index, position, len(bare))
                if best is None or score > best[0]:
                    best = (score, pk)
    return best[1] if best else None


def _without_ending(name: str) -> str:
    for ending in _PLACE_ENDINGS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name[: -len(ending)]
    return name
