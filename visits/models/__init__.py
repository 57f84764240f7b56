from visits.models.sync import ClientAction
from visits.models.task import VisitPlan, VisitTask
from visits.models.visit import Visit, VisitOrder, VisitPhoto

__all__ = ["ClientAction", "Visit", "VisitOrder", "VisitPhoto", "VisitPlan", "VisitTask"]
