import factory
from django.utils import timezone

from tests.factories.accounts import UserFactory
from todos.models import Todo


class TodoFactory(factory.django.DjangoModelFactory):
    """An open to-do. Trait: `done`."""

    class Meta:
        model = Todo

    class Params:
        done = factory.Trait(completed=True, completed_at=factory.LazyFunction(timezone.now))

    user = factory.SubFactory(UserFactory)
    title = factory.Sequence(lambda n: f"Errand {n}")
    created_at = factory.LazyFunction(timezone.now)
    updated_at = factory.LazyFunction(timezone.now)
