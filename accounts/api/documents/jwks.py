from rest_framework import serializers


class JwkDocument(serializers.Serializer[object]):
    kty = serializers.ChoiceField(choices=["OKP", "RSA"])
    kid = serializers.CharField(help_text="RFC 7638 thumbprint.")
    alg = serializers.ChoiceField(choices=["EdDSA", "RS256"])
    use = serializers.ChoiceField(choices=["sig"])
    crv = serializers.CharField(required=False, help_text="OKP: the curve.")
    x = serializers.CharField(required=False, help_text="OKP: the public key.")
    n = serializers.CharField(required=False, help_text="RSA: the modulus.")
    e = serializers.CharField(required=False, help_text="RSA: the exponent.")


class JwkSetDocument(serializers.Serializer[object]):
    keys = JwkDocument(many=True)
