"""E-mail through Django's back end (EMAIL_URL).

SMTP knows no idempotency: once the text is handed over and the answer is lost, nobody can know. Such a mail is marked
unsure and not sent again. Its Message-ID follows from the key, so that a mailbox that drops copies drops one that
somebody sends again by hand.
"""

import hashlib
import smtplib
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from comms.services.channels import Outgoing, Refused, Unavailable, Unsure


def send(message: Outgoing) -> None:
    mail = EmailMessage(
        subject=" ".join(message.title.split()),
        body=message.text,
        to=[message.to],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers=headers(message.key),
    )
    hand_over(mail)


def headers(key: str) -> dict[str, str]:
    """Of a mail that a machine writes; `key` is the same however often it is tried."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    return {"Message-ID": f"<{name}@{host}>", "Auto-Submitted": "auto-generated"}


def hand_over(mail: EmailMessage) -> None:
    """Give a mail to the server, outside of any transaction. Raises Refused, Unavailable or Unsure."""
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:  # nothing was handed over yet
        raise _refusal(error) from error
    try:
        connection.send_messages([mail])
    except (smtplib.SMTPServerDisconnected, TimeoutError) as error:
        raise Unsure(str(error) or type(error).__name__) from error
    except (OSError, smtplib.SMTPException) as error:
        raise _refusal(error) from error
    finally:
        _close(connection)


def _close(connection: object) -> None:
    """The mail is gone or not by now; a server that does not say goodbye changes nothing about it."""
    try:
        connection.close()  # type: ignore[attr-defined]
    except (OSError, smtplib.SMTPException):
        return


def _refusal(error: Exception) -> Refused | Unavailable:
    """A 5xx answer stays one however often one asks; everything else may pass."""
    codes = [getattr(error, "smtp_code", 0)]
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in error.recipients.values()]
    # 530 and 535 are about our own login, which the administrator can mend.
    permanent = bool(codes) and all(500 <= code < 600 and code not in (530, 535) for code in codes)
    return (Refused if permanent else Unavailable)(str(error) or type(error).__name__)
