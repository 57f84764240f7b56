"""Bots of WeCom, DingTalk, Feishu and whatever else apprise knows.

Apprise answers yes or no. A no is tried again, but for one after which the bot's service may have taken the message
and its answer was lost: that is told by the library's own words for a time-out.
"""

from comms.services.channels import Outgoing, Refused, Unavailable, Unsure


def send(message: Outgoing) -> None:
    import apprise

    bot = apprise.Apprise()
    if not bot.add(message.to):
        raise Refused("not an address of a chat bot")
    body = "\n".join(part for part in (message.body, message.url) if part)
    with apprise.LogCapture(level=apprise.logging.DEBUG) as said:  # type: ignore[no-untyped-call]
        taken = bot.notify(title=message.title, body=body or message.title)
        words = said.getvalue()
    if taken:
        return
    raise (Unsure if "Read timed out" in words else Unavailable)(_reason(words))


def _reason(words: str) -> str:
    """The library's last warning, without the time before it."""
    lines = [line for line in words.splitlines() if "WARNING" in line or "ERROR" in line]
    return lines[-1].split(" - ", 2)[-1][-200:] if lines else "the bot did not take it"
