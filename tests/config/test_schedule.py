"""The timetable of background jobs is there from the first migration and names tasks that exist."""

import pytest
from django_celery_beat.models import PeriodicTask

from config.celery import app

pytestmark = pytest.mark.django_db


def test_every_scheduled_task_exists():
    app.loader.import_default_modules()
    scheduled = set(PeriodicTask.objects.exclude(task__startswith="celery.").values_list("task", flat=True))
    assert scheduled == {
        "alerts.tasks.check_last_events",
        "alerts.tasks.compute_alerts",
        "alerts.tasks.judge_changes",
        "alerts.tasks.refresh_rhythms",
        "alerts.tasks.sweep_backtests",
        "comms.tasks.purge_outbox",
        "comms.tasks.sweep_outbox",
        "crm.tasks.bulk.sweep_bulk_jobs",
        "crm.tasks.cells.mend_cells",
        "crm.tasks.geocoding.sweep_geocode_jobs",
        "crm.tasks.imports.sweep_imports",
        "crm.tasks.leads.sweep_captured_leads",
        "crm.tasks.leads.sweep_lead_imports",
        "crm.tasks.pool.recycle_pool",
        "crm.tasks.reminders.remind_birthdays",
        "crm.tasks.reminders.remind_contacts",
        "reports.tasks.refresh_day_figures",
        "reports.tasks.send_scheduled_reports",
        "sales.tasks.check_stock",
        "sales.tasks.remind_of_agreement_ends",
        "sales.tasks.remind_of_promises",
        "sales.tasks.sweep_order_imports",
        "team.tasks.reports.remind_of_days",
        "team.tasks.reports.remind_of_periods",
        "team.tasks.documents.tend_documents",
        "team.tasks.schedule.remind_of_schedule",
        "team.tasks.tasks.remind_customer_tasks",
        "territory.tasks.generate_visit_tasks",
        "territory.tasks.make_months",
        "territory.tasks.measure_routes",
        "territory.tasks.purge_tracks",
        "territory.tasks.refresh_map_cells",
        "territory.tasks.sum_stale_days",
        "territory.tasks.sweep_scenarios",
        "territory.tasks.sweep_suggestions",
        "territory.tasks.sweep_tour_plans",
        "visits.tasks.evidence.close_forgotten_visits",
        "visits.tasks.offline.purge_uploads",
        "visits.tasks.plans.remind_of_tomorrow",
    }
    assert scheduled <= set(app.tasks)
