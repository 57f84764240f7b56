"""What a person gets over which channel when he chose nothing, and what he chose."""

from collections.abc import Mapping

from comms.enums import Channel, Frequency, NoticeKind

# What somebody waits for, or what somebody wrote to him.
_URGENT = frozenset(NoticeKind) - {NoticeKind.ALERT, NoticeKind.BIRTHDAY}
_WRITTEN = frozenset({NoticeKind.MESSAGE, NoticeKind.ANNOUNCEMENT})


def usual(kind: NoticeKind, channel: Channel) -> Frequency:
    """The choice nobody had to make: the phone rings for what is urgent, mail comes once a day, SMS cost money."""
    match channel:
        case Channel.PUSH:
            return Frequency.NOW if kind in _URGENT else Frequency.DIGEST
        case Channel.EMAIL:
            return Frequency.NOW if kind == NoticeKind.ANNOUNCEMENT else Frequency.DIGEST
        case Channel.CHAT:
            return Frequency.NOW if kind in _WRITTEN else Frequency.DIGEST
        case Channel.CONSOLE:
            return Frequency.NOW
    return Frequency.NEVER


def name_of(kind: NoticeKind, channel: Channel) -> str:
    """The key under which a choice is kept."""
    return f"{kind.value}:{channel.value}"


def chosen(choices: Mapping[str, str], kind: NoticeKind, channel: Channel) -> Frequency:
    """What this person wants; a value nobody knows counts as not chosen."""
    value = choices.get(name_of(kind, channel), "")
    return Frequency(value) if value in Frequency.values else usual(kind, channel)
