"""Which column of a customer file is which of our fields (interfaces.md, "Import columns")."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.geo import parse_lng_lat

Label = str | Promise


@dataclass(frozen=True)
class ImportField:
    """One of our fields a column can be mapped to.

    `header` is the Chinese head of our template; `aliases` are further heads that mean the same, folded (see
    `fold_header`); `endings` are ends of longer heads (醫事機構名稱), tried when no alias fits; several columns may
    be mapped to a field with `many`, and their cells are joined.
    """

    name: str
    label: Label
    header: str
    aliases: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    required: bool = False
    many: bool = False
    example: str = ""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Aliases are in simplified and traditional Chinese and English, folded: no spaces, signs or capitals.
IMPORT_FIELDS: tuple[ImportField, ...] = (
    ImportField(
        "code",
        gettext_lazy("code"),
        "编码",
        _words(
            "code 编码 編碼 代码 代碼 编号 編號 客户编码 客戶編碼 客户编号 客戶編號 客户代码 客戶代碼 门店编码 門店編碼"
            " 店铺编码 店鋪編號 customercode customerid customerno shopcode storecode"
        ),
        _words("编码 編碼 代码 代碼 编号 編號"),
        example="HF0001",
    ),
    ImportField(
        "name",
        gettext_lazy("customer name"),
        "客户名称",
        _words(
            "name 名称 名稱 客户名称 客戶名稱 客户名 客户 客戶 店名 门店名称 門店名稱 店铺名称 店鋪名稱 门店 终端名称"
            " 公司名称 公司名稱 单位名称 企业名称 商户名称 customername customer shopname shop storename store company"
        ),
        _words("名称 名稱"),
        required=True,
        example="老王超市（屯溪路店）",
    ),
    ImportField(
        "channel",
        gettext_lazy("Channel"),
        "渠道",
        _words("channel 渠道 通路 销售渠道 渠道类型"),
        example="便利店",
    ),
    ImportField(
        "industry",
        gettext_lazy("Industry"),
        "行业",
        _words("industry 行业 行業 所属行业"),
        example="食品饮料",
    ),
    ImportField(
        "region",
        gettext_lazy("Region"),
        "区域",
        _words("region 区域 區域 销售区域 片区 大区 所属区域"),
        example="",
    ),
    ImportField(
        "level",
        gettext_lazy("level"),
        "等级",
        _words("level grade 等级 等級 级别 客户等级 客户级别"),
        example="A",
    ),
    ImportField(
        "type",
        gettext_lazy("Customer type"),
        "类型",
        _words("type 类型 類型 客户类型 客戶類型 类别 门店类型 customertype"),
        example="零售终端",
    ),
    ImportField(
        "source", gettext_lazy("Source"), "来源", _words("source 来源 來源 客户来源"), example="业务员开发"
    ),
    ImportField(
        "scale",
        gettext_lazy("Scale"),
        "规模",
        _words("scale size 规模 規模 客户规模 门店规模"),
        example="小型",
    ),
    ImportField(
        "contact",
        gettext_lazy("contact"),
        "联系人",
        _words(
            "contact contactname contactperson 联系人 聯絡人 聯繫人 联系人姓名 负责人姓名 店主 老板 老闆 老板姓名"
        ),
        example="王建国",
    ),
    ImportField(
        "phone",
        gettext_lazy("phone"),
        "电话",
        _words(
            "phone phones tel telephone mobile phonenumber 电话 電話 手机 手機 手机号 手机号码 联系电话 聯絡電話 联系方式"
            " 固定电话 座机 电话号码 電話號碼 联系人电话 联系手机"
        ),
        _words("电话 電話 手机 手機 手机号 电话号码"),
        many=True,
        example="13812345678；0551-62345678",
    ),
    ImportField(
        "address",
        gettext_lazy("address"),
        "地址",
        _words("address addr 地址 详细地址 詳細地址 门店地址 客户地址 收货地址 送货地址 经营地址 street"),
        _words("地址"),
        example="屯溪路 128 号",
    ),
    ImportField(
        "province",
        gettext_lazy("province"),
        "省",
        _words("province state pname 省 省份 所在省"),
        example="安徽省",
    ),
    ImportField(
        "city", gettext_lazy("city"), "市", _words("city cityname 市 城市 所在市 地市"), example="合肥市"
    ),
    ImportField(
        "district",
        gettext_lazy("district"),
        "区",
        _words("district adname county 区 區 县 区县 區縣 所在区 行政区 鄉鎮市區"),
        example="包河区",
    ),
    ImportField(
        "longitude",
        gettext_lazy("longitude"),
        "经度",
        _words("longitude lng lon long 经度 經度"),
        example="117.29006",
    ),
    ImportField(
        "latitude", gettext_lazy("latitude"), "纬度", _words("latitude lat 纬度 緯度"), example="31.82371"
    ),
    ImportField(
        "lng_lat",
        gettext_lazy("“longitude,latitude” in one cell"),
        "经纬度",
        _words("lnglat lonlat location coordinates 经纬度 經緯度 坐标 座標 定位"),
    ),
    ImportField(
        "owner",
        gettext_lazy("owner"),
        "业务员",
        _words(
            "owner rep salesman salesrep salesperson 业务员 業務員 负责人 負責人 业务代表 销售 销售员 业务员姓名"
            " 业务员名称 负责人名称 跟进人 归属人"
        ),
        example="",
    ),
    ImportField(
        "route", gettext_lazy("route"), "线路", _words("route 线路 線路 路线 拜访线路 线路名称"), example=""
    ),
    ImportField(
        "credit_limit",
        gettext_lazy("credit limit"),
        "信用额度",
        _words("creditlimit credit 信用额度 信用額度 授信额度 信用限额 额度"),
        example="5000",
    ),
    ImportField(
        "tags",
        gettext_lazy("tags"),
        "标签",
        _words("tags tag 标签 標籤 客户标签"),
        many=True,
        example="夜间配送、重点",
    ),
    ImportField(
        "notes",
        gettext_lazy("notes"),
        "备注",
        _words("notes note remark remarks 备注 備註 说明 備考"),
        many=True,
        example="",
    ),
    ImportField(
        "tax_id",
        gettext_lazy("tax id"),
        "税号",
        _words("taxid 税号 稅號 统一社会信用代码 纳税人识别号 統一編號"),
    ),
)
FIELD_BY_NAME: Mapping[str, ImportField] = {field.name: field for field in IMPORT_FIELDS}

# Our own column in the error workbook: it comes back with the mended file and means nothing.
REASON_HEADERS = frozenset({"失败原因", "reasonforfailure"})
_BRACKETS = re.compile(r"[(\[（【].*?[)\]）】]")


def fold_header(header: str) -> str:
    """A head without case, width, spaces, signs and remarks in brackets: "客户名称 *（必填）" → "客户名称"."""
    text = unicodedata.normalize("NFKC", header).casefold()
    bare = _BRACKETS.sub("", text)
    return "".join(c for c in (bare if any(map(str.isalnum, bare)) else text) if c.isalnum())


def _exact() -> dict[str, str]:
    return {
        alias: field.name
        for field in IMPORT_FIELDS
        for alias in (*field.aliases, fold_header(field.header), fold_header(field.name))
    }


_BY_ALIAS = _exact()


def guess_mapping(samples: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """{head: our field} for the columns that are recognised; `samples` holds some cells of each column.

    An exact name goes before the end of a longer one, and the first column of two wins, except where a field takes
    several. A column "location" is a place only when its cells say so: else it is an address.
    """
    mapping: dict[str, str] = {}
    for header in samples:
        name = _BY_ALIAS.get(fold_header(header), "")
        if name == "lng_lat" and not _looks_like_pairs(samples[header]):
            name = "address"
        _take(mapping, header, name)
    for header in samples:
        if header not in mapping and fold_header(header) not in REASON_HEADERS:
            _take(mapping, header, _by_ending(fold_header(header)))
    if {"longitude", "latitude"} <= set(mapping.values()):
        mapping = {header: name for header, name in mapping.items() if name != "lng_lat"}
    return mapping


def _take(mapping: dict[str, str], header: str, name: str) -> None:
    if name and (FIELD_BY_NAME[name].many or name not in mapping.values()):
        mapping[header] = name


def _by_ending(folded: str) -> str:
    for field in IMPORT_FIELDS:
        if any(folded.endswith(ending) for ending in field.endings):
            return field.name
    return ""


def _looks_like_pairs(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and all(parse_lng_lat(cell) is not None for cell in filled)


def check_mapping(mapping: Mapping[str, str], headers: Sequence[str]) -> None:
    """Refuse a mapping that cannot work: unknown heads or fields, no name, one field twice, half a coordinate.

    Raises ValidationError with one message for each problem.
    """
    problems = [
        _("The file has no column “%(header)s”.") % {"header": h} for h in mapping if h not in headers
    ]
    chosen = list(mapping.values())
    problems += [_("There is no field “%(field)s”.") % {"field": n} for n in chosen if n not in FIELD_BY_NAME]
    known = [FIELD_BY_NAME[name] for name in dict.fromkeys(chosen) if name in FIELD_BY_NAME]
    problems += [
        _("Two columns are mapped to “%(field)s”. Choose one.") % {"field": field.label}
        for field in known
        if not field.many and chosen.count(field.name) > 1
    ]
    if "name" not in chosen:
        problems.append(
            _("No column holds the customer name. Say which one does; the file has: %(headers)s.")
            % {"headers": "、".join(headers)}
        )
    if ("longitude" in chosen) != ("latitude" in chosen):
        problems.append(_("Longitude and latitude go together: map both or neither."))
    if problems:
        raise ValidationError(problems)


def unmapped_headers(mapping: Mapping[str, str], headers: Sequence[str]) -> list[str]:
    """Columns that are left out, or kept as further fields: all but those mapped and our own reason column."""
    return [h for h in headers if not mapping.get(h) and fold_header(h) not in REASON_HEADERS]


def unique_headers(headers: Sequence[str]) -> list[str]:
    """Heads as they are, an empty one named after its column (“(E)”), a repeated one numbered: 电话, 电话 (2)."""
    found: list[str] = []
    for position, header in enumerate(headers):
        base = header or f"({_letters(position)})"
        name, number = base, 2
        while name in found:
            name, number = f"{base} ({number})", number + 1
        found.append(name)
    return found


def _letters(position: int) -> str:
    text = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        text = chr(65 + rest) + text
    return text
