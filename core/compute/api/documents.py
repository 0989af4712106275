from django.urls import reverse
from rest_framework import serializers

from core.compute.models import ComputeJob


class ComputeJobDocument(serializers.ModelSerializer[ComputeJob]):
    url = serializers.SerializerMethodField()
    result = serializers.JSONField(
        allow_null=True, help_text='Once done: `{"count", "largest"}`; once failed: `{"error"}`.'
    )

    class Meta:
        model = ComputeJob
        fields = ["id", "status", "primes_below", "result", "url", "created_at", "finished_at"]

    def get_url(self, job: ComputeJob) -> str:
        path = reverse("compute-job", args=[job.pk])
        return str(self.context["request"].build_absolute_uri(path))
