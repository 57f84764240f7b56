from visits.models.day import DailyReport
from visits.models.in_store import (
    DisplayLine,
    DisplayReport,
    FormAnswer,
    SellOut,
    SellOutLine,
    ShelfCount,
    ShelfCountLine,
)
from visits.models.sync import ClientAction, Upload
from visits.models.task import LevelFrequency, VisitPlan, VisitTask
from visits.models.visit import Visit, VisitOrder, VisitPhoto, VisitSlip
from visits.models.visit_type import CustomForm, FormQuestion, Phrase, VisitStep, VisitType

__all__ = [
    "ClientAction",
    "CustomForm",
    "DailyReport",
    "DisplayLine",
    "DisplayReport",
    "FormAnswer",
    "FormQuestion",
    "LevelFrequency",
    "Phrase",
    "SellOut",
    "SellOutLine",
    "ShelfCount",
    "ShelfCountLine",
    "Upload",
    "Visit",
    "VisitOrder",
    "VisitPhoto",
    "VisitPlan",
    "VisitSlip",
    "VisitStep",
    "VisitTask",
    "VisitType",
]
