"""Money in Chinese capitals, as it stands on papers that count: 壹仟贰佰叁拾肆元伍角整."""

from decimal import Decimal

from common.money import round_money

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def in_capitals(amount: Decimal) -> str:
    """CNY with cents below 10^16: ¥1,002.05 is 壹仟零贰元零伍分; without cents it ends in 整."""
    cents = int(abs(round_money(amount)) * 100)
    yuan, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
    text = f"{_integer(yuan)}元" if yuan or not cents else ""
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif fen and yuan:
        text += "零"
    text += f"{_DIGITS[fen]}分" if fen else "整"
    return f"负{text}" if amount < 0 and cents else text


def _integer(value: int) -> str:
    """Groups of four digits; any run of noughts inside is one 零, at the end of a group none."""
    if not value:
        return _DIGITS[0]
    text = ""
    was_zero = False
    digits = str(value)
    for index, character in enumerate(digits):
        place = len(digits) - 1 - index
        digit = int(character)
        if digit:
            text += (_DIGITS[0] if was_zero else "") + _DIGITS[digit] + _PLACES[place % 4]
        was_zero = not digit
        if place % 4 == 0 and value // 10**place % 10**4:
            text += _GROUPS[place // 4]
            was_zero = not digit and bool(text)
    return text
