"""Jobs of documents: attachments are read, must-reads are told on their day, pictures of unsaved texts go."""

from celery import shared_task

from team.services import document_files, documents


@shared_task
def read_document_file(file_id: int) -> None:
    """Take the text out of one attachment."""
    document_files.read_file(file_id)


@shared_task
def tend_documents() -> None:
    """Every five minutes: attachments whose message was lost, must-reads that are valid from today on, loose pictures."""
    for file_id in document_files.sweep_files():
        read_document_file.delay(file_id)
    documents.tell_due()
    document_files.purge_pictures()
