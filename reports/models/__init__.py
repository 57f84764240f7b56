from reports.models.dashboard import Dashboard
from reports.models.day_figure import DayFigure, DayMark
from reports.models.schedule import ScheduledReport, ScheduledRun

__all__ = ["Dashboard", "DayFigure", "DayMark", "ScheduledReport", "ScheduledRun"]
