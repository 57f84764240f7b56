"""The ways to the outside. Each has `send(message)`, which returns when the other side has taken it, or raises.

None of them is called inside a transaction. Libraries are imported where they are used: they cost a web process a
quarter of a second and 25 MB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from comms.enums import Channel

if TYPE_CHECKING:
    from comms.models import PushDevice


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way. `to` is an e-mail address, a phone, a bot's address; a phone's browser is `device`.

    `key` is the same however often it is handed over; `url` is absolute or empty. `reply_to` is an e-mail address or "".
    """

    key: str
    to: str
    title: str
    body: str = ""
    url: str = ""
    reply_to: str = ""
    device: PushDevice | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        """All of it, a line each."""
        return "\n".join(part for part in (self.title, self.body, self.url) if part)


class SendError(Exception):
    """It did not go out; the text is for the administrator."""


class Refused(SendError):
    """The other side will never take it: no sense in trying again."""


class Unavailable(SendError):
    """It was surely not taken; try again later."""


class Unsure(SendError):
    """Handed over, and no answer was heard: it may have been taken."""


class Gone(SendError):
    """The address does not exist any more: forget it."""


def sender_of(channel: str) -> Callable[[Outgoing], None]:
    """The function that sends over this channel."""
    from comms.services.channels import chat, console, email, push, sms

    return {
        Channel.EMAIL: email.send,
        Channel.PUSH: push.send,
        Channel.CHAT: chat.send,
        Channel.SMS: sms.send,
        Channel.CONSOLE: console.send,
    }[Channel(channel)]
