from team.models.documents import (
    Document,
    DocumentAudience,
    DocumentFile,
    DocumentPicture,
    DocumentRead,
    DocumentVersion,
    Folder,
    FollowUpDocument,
)
from team.models.reports import (
    DueReport,
    WorkReport,
    WorkReportComment,
    WorkReportCopy,
    WorkReportFile,
    WorkReportTemplate,
)
from team.models.schedule import (
    ScheduleEntry,
    ScheduleException,
    ScheduleFeed,
    ScheduleInvitation,
    ScheduleReminder,
)
from team.models.supervision import Instruction, InstructionAnswer
from team.models.tasks import (
    CustomerTask,
    CustomerTaskEvent,
    TaskContact,
    TaskContactFile,
    TaskShare,
    TaskStep,
)

__all__ = [
    "CustomerTask",
    "CustomerTaskEvent",
    "Document",
    "DocumentAudience",
    "DocumentFile",
    "DocumentPicture",
    "DocumentRead",
    "DocumentVersion",
    "DueReport",
    "Folder",
    "FollowUpDocument",
    "Instruction",
    "InstructionAnswer",
    "ScheduleEntry",
    "ScheduleException",
    "ScheduleFeed",
    "ScheduleInvitation",
    "ScheduleReminder",
    "TaskContact",
    "TaskContactFile",
    "TaskShare",
    "TaskStep",
    "WorkReport",
    "WorkReportComment",
    "WorkReportCopy",
    "WorkReportFile",
    "WorkReportTemplate",
]
