"""The channel for trial: messages stand in the worker's log (NOTIFY_URLS=console://)."""

import logging

from comms.services.channels import Outgoing

log = logging.getLogger("comms.console")


def send(message: Outgoing) -> None:
    log.warning("Message %s to %s: %s", message.key, message.to, message.text.replace("\n", " · "))
