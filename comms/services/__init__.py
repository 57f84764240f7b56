"""The writers of comms."""

from comms.services.notifications import Notice, mark_all_read, mark_key_read, mark_read, notify, withdraw

__all__ = ["Notice", "mark_all_read", "mark_key_read", "mark_read", "notify", "withdraw"]
