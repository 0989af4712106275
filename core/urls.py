from django.urls import path

from core.compute.api.jobs import ComputeJobView, ComputeView
from core.mail.api.emails import EmailsView

urlpatterns = [
    path("emails", EmailsView.as_view(), name="emails"),
    path("compute", ComputeView.as_view(), name="compute"),
    path("compute/<uuid:job_id>", ComputeJobView.as_view(), name="compute-job"),
]
