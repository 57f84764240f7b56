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
    WorkReport,
    WorkReportComment,
    WorkReportCopy,
    WorkReportFile,
    WorkReportTemplate,
)
from team.models.supervision import Instruction, InstructionAnswer

__all__ = [
    "Document",
    "DocumentAudience",
    "DocumentFile",
    "DocumentPicture",
    "DocumentRead",
    "DocumentVersion",
    "Folder",
    "FollowUpDocument",
    "Instruction",
    "InstructionAnswer",
    "WorkReport",
    "WorkReportComment",
    "WorkReportCopy",
    "WorkReportFile",
    "WorkReportTemplate",
]
