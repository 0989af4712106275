from rest_framework import serializers


class ProfileDocument(serializers.Serializer[object]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    is_email_verified = serializers.BooleanField()
    name = serializers.CharField()
    is_staff = serializers.BooleanField()
    created_at = serializers.DateTimeField()
