"""Papers as PDF: what is drawn, where lines break, and that the font is in the file."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.markup import clean_paper, clean_text
from common.pdf import html_to_pdf
from common.pdf.blocks import Rule, Run, Table, Text, parse
from common.pdf.lines import break_lines


def width(run: Run) -> float:
    """Chinese characters are two wide, all others one."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in run.text)


def lines(text: str, room: int) -> list[str]:
    return ["".join(run.text for run in line) for line in break_lines([Run(text)], room, width)]


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("徽山泉天然水", 8, ["徽山泉天", "然水"]),
        ("好，很好。", 4, ["好，", "很", "好。"]),
        ("见（附件）", 4, ["见", "（附", "件）"]),
        ("three words here", 11, ["three words", "here"]),
        ("一二 550ml 瓶", 8, ["一二", "550ml 瓶"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("一\n二", 8, ["一", "二"]),
        ("", 8, [""]),
    ],
)
def test_lines_break_where_chinese_may_break(text, room, expected):
    assert lines(text, room) == expected


@given(st.text("一二，。（）ab 5\n", max_size=60), st.integers(4, 30))
def test_no_character_is_lost_and_no_line_is_too_wide(text, room):
    found = lines(text, room)
    assert re.sub(r"\s", "", "".join(found)) == re.sub(r"\s", "", text)
    for line in found:
        # A character with all the punctuation that clings to it may stand over.
        assert width(Run(line)) <= room or not re.sub(r"[，。（）]", "", line)[1:] or room < 8


def test_blocks_of_a_paper():
    blocks = parse(
        '<h1 align="center">报价单</h1><p>客户：<b>老王</b> <u>店</u><br>二</p><ol><li>甲</li><li>乙</li></ol><hr>'
        '<table><thead><tr><th width="20%">序</th><th>品名</th></tr></thead><tbody><tr><td colspan="2" align="right">'
        "<p>一</p><p>二</p></td></tr></tbody></table>尾"
    )
    title, body, first, second, rule, table, tail = blocks
    assert isinstance(title, Text)
    assert title.is_heading
    assert title.align == "center"
    assert body.runs == [
        Run("客户："), Run("老王", bold=True), Run(" "), Run("店", underline=True), Run("\n"), Run("二"),
    ]  # fmt: skip
    assert [first.mark, second.mark] == ["1.", "2."]
    assert rule == Rule()
    assert isinstance(table, Table)
    assert table.head_rows == 1
    assert table.shares() == [pytest.approx(0.2), pytest.approx(0.8)]
    assert [text.align for text in table.rows[1][0].texts] == ["right", "right"]
    assert tail.runs == [Run("尾")]


def test_the_font_is_in_the_file():
    pdf = html_to_pdf(clean_paper("<h1>报价单</h1><p>合肥老王超市 ¥1,234.50 龘㎡①</p>"), title="报价单")
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/FontFile3") == 2  # regular and bold, cut down to what is used
    assert b"NotoSans" in pdf
    assert len(pdf) < 60_000


def test_a_long_table_goes_on_over_pages():
    row = "<tr><td>1</td><td>徽山泉 天然水 550ml</td></tr>"
    html = f"<table><thead><tr><th>序</th><th>品名</th></tr></thead><tbody>{row * 100}</tbody></table>"
    assert b"/Count 4" in html_to_pdf(html, title="长")
    whole = f"<table><tr><td>{'很长的单元格，' * 900}</td><td>短</td></tr></table>"
    assert b"/Count 1\n" not in html_to_pdf(whole, title="一行")


@pytest.mark.parametrize(
    "html", ["", "<table></table>", "</td></table>", "<td>1</td>", "<table><tr></tr><td>x</table>"]
)
def test_broken_html_still_gives_a_page(html):
    assert b"/Count 1" in html_to_pdf(html, title="空")


def test_cleaning():
    assert clean_paper('<p onclick="x" style="color:red" align="right">a<script>alert(1)</script></p>') == (
        '<p align="right">a</p>'
    )
    assert (
        clean_paper('<p align="justify">a</p><img src=x onerror=y><a href="javascript:1">b</a>')
        == "<p>a</p>b"
    )
    assert 'width="40%"' in clean_paper('<table><tr><td width="40%" height="9">a</td></tr></table>')
    assert "width" not in clean_paper('<table><tr><td width="expression(1)">a</td></tr></table>')
    assert clean_text("第一条 价格\n\n第二条 <返利>") == "<p>第一条 价格</p><p>第二条 &lt;返利&gt;</p>"
    assert (
        clean_text("<p align=left>一<b>二</b></p><table><tr><td>三</td></tr></table>")
        == "<p>一<b>二</b></p>三"
    )
