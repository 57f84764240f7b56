"""The library: folders, price policy, training, a must-read half of whom confirmed, and what was shown at follow-ups."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from random import Random
from typing import Any

from django.core.files.base import ContentFile

from accounts.models import Department, Role, User
from common.business_calendar import business_day
from crm.models import FollowUp
from team.enums import DocumentStatus
from team.models import Document, Folder, FollowUpDocument
from team.rules.documents import Audience
from team.services.document_files import add_files
from team.services.documents import Content, confirm, create_document, mark_seen, move, update_document

FOLDERS = (
    ("销售政策", ("价格政策", "促销方案")),
    ("产品资料", ("饮品", "休闲食品")),
    ("培训", ()),
    ("制度", ()),
)
EVERYBODY = Audience(for_all=True)
_PRICES = """<h2>一、价格体系</h2><p>各渠道执行统一出厂价，<b>任何人不得私自降价</b>。特殊价格须经理审批后录入协议。</p>
<table><tbody><tr><th>渠道</th><th>返利</th><th>结款</th></tr><tr><td>便利店</td><td>2%</td><td>现款</td></tr>
<tr><td>超市</td><td>3%</td><td>月结 30 天</td></tr><tr><td>餐饮</td><td>1.5%</td><td>现款</td></tr></tbody></table>
<h2>二、执行要求</h2><ol><li>开单前核对价目表日期。</li><li>门店提出降价的，先记录竞品价格再上报。</li><li>违反价格纪律的，当月返利不予兑现。</li></ol>"""
_VISIT = """<h2>进店八步</h2><ul><li>打招呼，看门头与陈列。</li><li>清点库存，先问动销再谈订单。</li><li>拍照：货架、冰柜、堆头各一张。</li>
<li>确认下次拜访时间。</li></ul><blockquote>老板忙的时候先整理货架，不要站着等。</blockquote>"""
_SODA = """<p>苏打水 480ml，零售价 4 元，适合便利店与餐饮。<b>卖点</b>：无糖、弱碱、玻璃瓶装。</p><h3>常见问题</h3>
<p>问：和普通矿泉水有什么区别？答：口感更清爽，搭配烧烤、火锅点单率高。</p>"""
_RULES = """<p>自本月起执行新的回款制度，请全体业务员阅读并确认：</p><ol><li>货款当日交财务，不得隔夜。</li>
<li>超过账期 15 天的客户停止发货。</li><li>收款必须在系统登记，并上传凭证照片。</li></ol>"""
_SNACKS = "<p>坚果礼盒春节装箱：12 盒/箱，破损率超过 1% 可退换。陈列建议放在收银台右侧。</p>"
# folder, title, text, whether everybody has to read it
_MORE = (
    (
        "制度",
        "临期品处理办法（必读）",
        "<p>离到期不足三分之一的商品：先调换陈列，再做买赠，最后登记退回。<b>不得转卖其他门店。</b></p>",
        True,
    ),
    (
        "制度",
        "车销结算流程",
        "<ol><li>收车后清点余货。</li><li>现金交财务。</li><li>差异当天写明原因。</li></ol>",
        False,
    ),
    ("培训", "新员工第一周", "<p>第一天熟悉系统与产品，第二天起跟车，第五天独立拜访十家店。</p>", False),
    (
        "培训",
        "对账与催收话术（必读）",
        "<p>先肯定合作，再摆账单，最后约定日期；答应的日期当场记进系统。</p>",
        True,
    ),
    ("饮品", "冷藏酸奶青提味上市说明", "<p>零售价 7.9 元，冷链配送，买二箱赠四杯。</p>", False),
)
_DRAFT = "<p>夏季促销草案：买十赠一，活动期两个月，待确认费用。</p>"


def make_documents(rng: Random, team: list[User], now: dt.datetime) -> None:
    """Through the services, written by the office and one manager."""
    office = User.objects.get(username="office")
    folders = _folders()
    leader = team[0].superior or office
    today, morning = business_day(now), now - dt.timedelta(days=3)

    def write(author: User, folder: str, title: str, body: str, **more: Any) -> Document:
        given: dict[str, Any] = {"audience": EVERYBODY, **more}
        content = Content(folder=folders[folder], title=title, body_html=body, **given)
        return create_document(actor=author, content=content, now=morning)

    def publish(document: Document, author: User) -> Document:
        return move(actor=author, document=document, to=DocumentStatus.PUBLISHED, now=morning)

    prices = write(office, "价格政策", "本季度价格政策", _PRICES, products="全系列", scenes="价格谈判")
    add_files(
        actor=office,
        document=prices,
        uploads=[_word("价格政策说明.docx", "本季度价格政策说明 渠道返利与结款方式")],
    )
    prices = publish(prices, office)
    changed = Content(
        folder=prices.folder,
        title=prices.title,
        body_html=prices.body_html.replace("月结 30 天", "月结 45 天"),
        audience=EVERYBODY,
        products="全系列",
        scenes="价格谈判",
    )
    update_document(actor=office, document=prices, content=changed, base_version=1, now=morning)
    publish(write(office, "培训", "拜访八步与话术", _VISIT, scenes="首次拜访"), office)
    soda = publish(write(office, "饮品", "苏打水产品手册", _SODA, products="苏打水"), office)
    publish(write(office, "休闲食品", "坚果礼盒装箱与陈列", _SNACKS, products="坚果礼盒"), office)
    rules = publish(write(office, "制度", "回款制度（必读）", _RULES, must_read=True), office)
    for number, rep in enumerate(team):
        if number % 2 == 0:
            mark_seen(user=rep, document=rules, now=morning + dt.timedelta(hours=1))
            confirm(user=rep, document=rules, now=now - dt.timedelta(hours=2))
    for number, (folder, title, body, must_read) in enumerate(_MORE):
        document = publish(write(office, folder, title, body, must_read=must_read), office)
        for rep in team[number:] if must_read else ():
            mark_seen(user=rep, document=document, now=morning + dt.timedelta(hours=2))
            confirm(user=rep, document=document, now=now - dt.timedelta(hours=1))
    people = Audience(
        for_all=False,
        departments=frozenset(
            Department.objects.filter(pk=leader.department_id).values_list("pk", flat=True)
        ),
        roles=frozenset(Role.objects.filter(code="manager").values_list("pk", flat=True)),
    )
    internal = write(
        leader,
        "促销方案",
        "本组月度促销安排",
        _SNACKS,
        audience=people,
        valid_until=today + dt.timedelta(days=30),
    )
    publish(internal, leader)
    write(leader, "促销方案", "夏季促销方案", _DRAFT, audience=people)
    shown = FollowUp.objects.filter(customer__isnull=False, rep__in=team).order_by("pk")[:140:7]
    FollowUpDocument.objects.bulk_create(
        FollowUpDocument(follow_up=row, document=rng.choice((soda, prices))) for row in shown
    )


def _folders() -> dict[str, Folder]:
    made: dict[str, Folder] = {}
    for position, (name, below) in enumerate(FOLDERS):
        made[name] = Folder.objects.create(name=name, position=position)
        for at, child in enumerate(below):
            made[child] = Folder.objects.create(name=child, parent=made[name], position=at)
    return made


def _word(name: str, text: str) -> ContentFile:
    """The smallest Word file there is."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = (
        f'<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>'
    )
    kinds = "http://schemas.openxmlformats.org/package/2006/content-types"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{kinds}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
            f'relationships+xml"/><Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        )
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}" Target="word/document.xml"/>'
            "</Relationships>",
        )
        package.writestr("word/document.xml", f'<?xml version="1.0" encoding="UTF-8"?>{body}')
    return ContentFile(packed.getvalue(), name=name)
