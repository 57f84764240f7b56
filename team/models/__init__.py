from team.models.reports import (
    WorkReport,
    WorkReportComment,
    WorkReportCopy,
    WorkReportFile,
    WorkReportTemplate,
)
from team.models.supervision import Instruction, InstructionAnswer

__all__ = [
    "Instruction",
    "InstructionAnswer",
    "WorkReport",
    "WorkReportComment",
    "WorkReportCopy",
    "WorkReportFile",
    "WorkReportTemplate",
]
