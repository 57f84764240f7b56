"""What the workers do for comms."""

from celery import shared_task

from comms.services import announcements, digests, sending


@shared_task
def send_outbox() -> None:
    """Send what is due until nothing is left that can be sent now."""
    while sending.send_due() >= sending.BATCH:
        pass


@shared_task
def sweep_outbox() -> None:
    """Each minute: what got stuck, summaries and announcements that came due, and what waited to be tried again."""
    sending.sweep()
    announcements.announce_due()
    digests.gather_due()
    send_outbox()


@shared_task
def purge_outbox() -> None:
    sending.purge()
