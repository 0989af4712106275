from rest_framework import serializers

from core.mail.models import Mail


class EmailDocument(serializers.ModelSerializer[Mail]):
    class Meta:
        model = Mail
        fields = ["id", "status"]
