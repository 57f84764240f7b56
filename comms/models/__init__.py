from comms.models.announcements import Announcement, AnnouncementReading
from comms.models.notification import Notification
from comms.models.outbox import OutboxItem
from comms.models.reach import NotifySettings, PushDevice
from comms.models.threads import Message, MessageReading, Thread, ThreadMember

__all__ = [
    "Announcement",
    "AnnouncementReading",
    "Message",
    "MessageReading",
    "Notification",
    "NotifySettings",
    "OutboxItem",
    "PushDevice",
    "Thread",
    "ThreadMember",
]
