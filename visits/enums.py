from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class TaskStatus(TextChoices):
    """open → done | skipped; a skipped task may be opened again."""

    OPEN = "open", _("To visit")
    DONE = "done", _("Visited")
    SKIPPED = "skipped", _("Skipped")


class TaskSource(TextChoices):
    ONE_OFF = "one_off", _("One-off")
    ROUTE = "route", _("Route")
    PLAN = "plan", _("Periodic plan")
    ALERT = "alert", _("Alert")
    MANAGER = "manager", _("Assigned by the manager")
    UPLOAD = "upload", _("Uploaded plan")
    TOURS = "tours", _("Tour plan")


class Fence(TextChoices):
    """Where the check-in fix lay against the store's location at that moment (domain-rules §2)."""

    INSIDE = "inside", _("At the store")
    OUTSIDE = "outside", _("Outside the fence")
    UNVERIFIED = "unverified", _("Unverified")
    NO_LOCATION = "no_location", _("Store without location")


class VisitStatus(TextChoices):
    OPEN = "open", _("In the store")
    CLOSED = "closed", _("Checked out")


class VisitOutcome(TextChoices):
    VISITED = "visited", _("Visited")
    CLOSED_SHOP = "closed", _("Shop was closed")
    # Closed by the day's end job: it has no check-out and is never valid.
    NOT_CHECKED_OUT = "forgotten", _("Not checked out")


class SyncResult(TextChoices):
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")


class Rhythm(TextChoices):
    """When a periodic plan is due (D1)."""

    WEEKDAYS = "weekdays", _("On weekdays")
    DAYS = "days", _("Every n days")
    WEEKS = "weeks", _("Every n-th week")
    CYCLE = "cycle", _("Times in 28 days")


class HolidayRule(TextChoices):
    """What becomes of a plan's day that nobody works on."""

    SKIP = "skip", _("Left out")
    NEXT = "next", _("On the next working day")
    KEEP = "keep", _("Visited all the same")


class StepKind(TextChoices):
    """What a rep does in a store (D6)."""

    ORDER = "order", _("Sales order")
    VAN_SALE = "van_sale", _("Van sale")
    RETURN = "return", _("Sales return")
    RECEIPT = "receipt", _("Receipt")
    STOCK_COUNT = "stock_count", pgettext_lazy("visit", "Stock count")
    SELL_OUT = "sell_out", _("Sell-out report")
    DISPLAY = "display", _("Display report")
    COMPETITOR = "competitor", _("Competitor sighting")
    PHOTO = "photo", _("Photos")
    FORM = "form", _("Form")
    MATURITY = "maturity", _("Maturity")
    SUMMARY = "summary", _("Visit summary")


class PhotoKind(TextChoices):
    CHECK_IN = "check_in", _("Shop front")
    DISPLAY = "display", _("Display")
    STEP = "step", _("In the store")
    FORM = "form", _("Form")


class FieldKind(TextChoices):
    """What a question of a custom form asks for."""

    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    YES_NO = "yes_no", _("Yes or no")
    CHOICE = "choice", _("One of several")
    CHOICES = "choices", _("Several of several")
    DATE = "date", _("Date")


class Grade(TextChoices):
    """How well a visit is proven (D11)."""

    A = "A", _("Proven")
    B = "B", _("Plausible")
    C = "C", _("Doubtful")
    D = "D", _("Not proven")


class PhraseUse(TextChoices):
    SUMMARY = "summary", _("Visit summary")
    SKIP = "skip", _("Reason for skipping")
    OUTSIDE = "outside", _("Reason outside the fence")


class ReportStatus(TextChoices):
    DRAFT = "draft", pgettext_lazy("report", "Draft")
    SENT = "sent", pgettext_lazy("report", "Sent")
