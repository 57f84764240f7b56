"""The offline queue: each action of a phone happens once and answers the same ever after (domain-rules §2)."""

from visits.services.sync.run import run_actions

__all__ = ["run_actions"]
