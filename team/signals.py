"""What team work tells its own jobs and the apps above."""

from django.dispatch import Signal

# file_ids: attachments of documents whose text is to be read. Sent inside the transaction that stores them.
document_files_added = Signal()
