from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DictionaryKind(TextChoices):
    CHANNEL = "channel", _("Channel")
    INDUSTRY = "industry", _("Industry")
    REGION = "region", _("Region")
    SCALE = "scale", _("Scale")
    TYPE = "type", _("Customer type")
    SOURCE = "source", _("Source")
    MATURITY = "maturity", _("Maturity")
    CREDIT_RATING = "credit_rating", _("Credit rating")
    RELATIONSHIP = "relationship", _("Relationship")
    FOLLOW_METHOD = "follow_method", _("Follow-up method")
    FOLLOW_STAGE = "follow_stage", _("Follow-up stage")
    MATERIAL = "material", _("Material used")


# The dictionaries a customer's file refers to; the others belong to follow-ups.
CUSTOMER_DICTIONARIES = (
    DictionaryKind.CHANNEL,
    DictionaryKind.INDUSTRY,
    DictionaryKind.REGION,
    DictionaryKind.SCALE,
    DictionaryKind.TYPE,
    DictionaryKind.SOURCE,
    DictionaryKind.MATURITY,
    DictionaryKind.CREDIT_RATING,
    DictionaryKind.RELATIONSHIP,
)


class Level(TextChoices):
    A = "A", "A"
    B = "B", "B"
    C = "C", "C"


class CustomerStatus(TextChoices):
    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Inactive")


class LocationStatus(TextChoices):
    NONE = "none", _("No location")
    TO_CONFIRM = "to_confirm", _("To confirm")
    CONFIRMED = "confirmed", _("Confirmed")


class GeocodeOutcome(TextChoices):
    """What became of one address of a geocoding job."""

    WAITING = "waiting", _("Waiting")
    FOUND = "found", _("Found, to confirm")
    AMBIGUOUS = "ambiguous", _("Several or inexact places")
    NOTHING = "nothing", _("Not found")
    REFUSED = "refused", _("Refused by the map service")
    SKIPPED = "skipped", _("Has a location by now")
    UNDONE = "undone", _("Undone")


class MapService(TextChoices):
    """Web services that find addresses on the map."""

    AMAP = "amap", _("AMap")
    BAIDU = "baidu", _("Baidu")
    TIANDITU = "tianditu", _("Tianditu")
    NOMINATIM = "nominatim", "Nominatim"


class PlaceGap(TextChoices):
    """Why a customer is not surely on the map."""

    NO_ADDRESS = "no_address", _("No address")
    NOT_ASKED = "not_asked", _("Address never looked up")
    NOTHING = "nothing", _("Address not found")
    AMBIGUOUS = "ambiguous", _("Several or inexact places")
    REFUSED = "refused", _("Refused by the map service")
    TO_CONFIRM = "to_confirm", _("To confirm")


class OwnerChangeReason(TextChoices):
    CREATED = "created", _("Created")
    IMPORTED = "imported", _("Imported")
    ASSIGNED = "assigned", _("Assigned")
    TRANSFERRED = "transferred", _("Transferred")
    CLAIMED = "claimed", _("Claimed")
    RELEASED = "released", _("Given back to the pool")
    RECYCLED = "recycled", _("Recycled")
    CONVERTED = "converted", _("Converted from a lead")
    MERGED = "merged", _("Merged")
    UNDONE = "undone", _("Undone")


class PoolClock(TextChoices):
    """Which clock of a pool rule ran out (domain-rules §5)."""

    NO_FOLLOW_UP = "no_follow_up", _("No follow-up")
    NO_ORDER = "no_order", _("No order")
    MAX_HOLD = "max_hold", _("Held too long")
    PROTECTION = "protection", _("Protection ended")


class ContactRole(TextChoices):
    """What a person decides at the customer."""

    DECIDES = "decides", _("Decides")
    INFLUENCES = "influences", _("Influences")
    USES = "uses", _("Uses the goods")
    PAYS = "pays", _("Pays")


class LeadStage(TextChoices):
    NEW = "new", _("New")
    CONTACTED = "contacted", _("Contacted")
    INTERESTED = "interested", _("Interested")
    NEGOTIATING = "negotiating", _("Negotiating")
    CONVERTED = "converted", _("Became a customer")
    LOST = "lost", _("Lost")


class LeadEventKind(TextChoices):
    CREATED = "created", _("Created")
    CAPTURED = "captured", _("Came in through a channel")
    IMPORTED = "imported", _("Imported")
    ASSIGNED = "assigned", _("Assigned")
    CLAIMED = "claimed", _("Claimed")
    RELEASED = "released", _("Given back to the pool")
    RECYCLED = "recycled", _("Recycled")
    STAGE = "stage", _("Stage changed")
    CONVERTED = "converted", _("Became a customer")
    DELETED = "deleted", _("Moved to the recycle bin")
    RESTORED = "restored", _("Restored")


class ChannelKind(TextChoices):
    WEB_FORM = "web_form", _("Web form")
    BAIDU = "baidu", _("Baidu")
    DOUYIN = "douyin", _("Douyin")
    WECOM = "wecom", _("WeCom")
    DINGTALK = "dingtalk", _("DingTalk")
    MALL = "mall", _("Online mall")
    EXHIBITION = "exhibition", _("Exhibition")
    OTHER = "other", _("Other")


class AssignMode(TextChoices):
    """Who gets a lead that comes in."""

    POOL = "pool", _("Into the lead pool")
    EVENLY = "evenly", _("Evenly among people")
    REGION = "region", _("By region")


class CaptureState(TextChoices):
    QUEUED = "queued", _("Waiting")
    NEW = "new", _("New lead")
    KNOWN = "known", _("Known already")
    REFUSED = "refused", _("Refused")


class BulkState(TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    UNDONE = "undone", _("Undone")


class BulkKind(TextChoices):
    ASSIGN = "assign", _("Assign")
    TRANSFER = "transfer", _("Hand over")
    RELEASE = "release", _("Give back to the pool")
    SHARE = "share", _("Share")
    ADD_TAGS = "add_tags", _("Add tags")
    REMOVE_TAGS = "remove_tags", _("Remove tags")
    CHANGE = "change", _("Change fields")
    PLACE_RIGHT = "place_right", _("Confirm locations")
    PLACE_WRONG = "place_wrong", _("Refuse locations")
    LEAD_ASSIGN = "lead_assign", _("Assign leads")
    LEAD_STAGE = "lead_stage", _("Set the stage of leads")
    LEAD_RELEASE = "lead_release", _("Give leads back to the pool")
    LEAD_DELETE = "lead_delete", _("Move leads to the recycle bin")
    LEAD_RESTORE = "lead_restore", _("Restore leads")
    LEAD_PURGE = "lead_purge", _("Delete leads for good")

    @property
    def of_leads(self) -> bool:
        return self.value.startswith("lead_")

    @property
    def for_good(self) -> bool:
        """There is nothing left to take back."""
        return self is BulkKind.LEAD_PURGE


class ImportState(TextChoices):
    """uploaded → mapped → previewed → queued → running → done | failed; cancelled before running; undone after done."""

    UPLOADED = "uploaded", _("Uploaded")
    PREVIEWING = "previewing", _("Checking")
    PREVIEWED = "previewed", _("Checked")
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    UNDONE = "undone", _("Undone")


class OnDuplicate(TextChoices):
    SKIP = "skip", _("Skip")
    UPDATE = "update", _("Update")
    CREATE = "create", _("Create anyway")


class DuplicateReason(TextChoices):
    """Why two records may be one (domain-rules §8), the surest first."""

    PHONE = "phone", _("same phone")
    TAX_ID = "tax_id", _("same tax id")
    NAME = "name", _("same name")
    SIMILAR_NEAR = "similar_near", _("similar name within 200 m")
    SIMILAR_CITY = "similar_city", _("similar name in the same city")


class TimelineKind(TextChoices):
    """What the customer's timeline is made of (B7)."""

    VISIT = "visit", _("Visits")
    FOLLOW_UP = "follow_up", _("Follow-ups")
    ORDER = "order", _("Orders")
    DELIVERY = "delivery", _("Deliveries")
    RECEIPT = "receipt", _("Receipts")
    RETURN = "return", _("Sales returns")
    REFUND = "refund", _("Refunds")
    COLLECTION = "collection", _("Collection")
    QUOTE = "quote", _("Quotations")
    AGREEMENT = "agreement", _("Agreements")
    COMPETITOR = "competitor", _("Competitors")
    ALERT = "alert", _("Alerts")
    INSTRUCTION = "instruction", _("Instructions")
    TASK = "task", _("Customer tasks")
    OWNER = "owner", _("Owners")
    CHANGE = "change", _("Changes")


class ActionKind(TextChoices):
    """The next best action at a customer (B7)."""

    CLAIM = "claim"
    COLLECT = "collect"
    CONTACT = "contact"
    FOLLOW_UP = "follow_up"
    CHECK_IN = "check_in"
    PLAN_VISIT = "plan_visit"
    FIRST_ORDER = "first_order"
    CONFIRM_LOCATION = "confirm_location"
    SET_LOCATION = "set_location"


class CustomFieldTarget(TextChoices):
    CUSTOMER = "customer", _("Customer")
    LEAD = "lead", _("Lead")


class CustomFieldKind(TextChoices):
    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")
    CHOICE = "choice", _("Choice")
    YES_NO = "yes_no", _("Yes or no")
