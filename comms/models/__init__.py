from comms.models.notification import Notification

__all__ = ["Notification"]
