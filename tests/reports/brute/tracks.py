from functools import partial

from territory.models import TrackDay
from tests.reports.brute import Entry, brute
from visits.models import Visit


def tracks(value, wanted=lambda row: True):
    for row in TrackDay.objects.all().select_related("rep"):
        if row.points and wanted(row):
            yield Entry(row.rep, row.day, value(row))


def has_tour(row):
    return bool(row.detour_ratio)


brute("tracked_days")(partial(tracks, lambda row: 1))
brute("mileage")(partial(tracks, lambda row: row.mileage_m))
brute("track_stays")(partial(tracks, lambda row: row.stops))
brute("track_gaps")(partial(tracks, lambda row: row.gaps))
brute("toured_mileage")(partial(tracks, lambda row: row.mileage_m, has_tour))
brute("shortest_mileage")(partial(tracks, lambda row: row.mileage_m / row.detour_ratio, has_tour))


def days_in_the_field():
    return {(visit.rep_id, visit.day): visit.rep for visit in Visit.objects.all().select_related("rep")}


@brute("field_days")
def field_days():
    for (_rep, day), rep in days_in_the_field().items():
        yield Entry(rep, day)


@brute("untracked_days")
def untracked_days():
    tracked = {(row.rep_id, row.day) for row in TrackDay.objects.all() if row.points}
    for key, rep in days_in_the_field().items():
        yield Entry(rep, key[1], int(key not in tracked))
