from rest_framework import serializers


class RegisteredDocument(serializers.Serializer[object]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()


class TokenPairDocument(serializers.Serializer[object]):
    access = serializers.CharField(help_text="Sent as `Authorization: Bearer ...`.")
    refresh = serializers.CharField(help_text="Good for one refresh.")
    token_type = serializers.ChoiceField(choices=["Bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds that the access token is good for.")
