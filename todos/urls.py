from django.urls import path

from todos.api import todos

urlpatterns = [
    path("todos", todos.TodosView.as_view(), name="todos"),
    path("todos/bulk", todos.BulkView.as_view(), name="todos-bulk"),
    path("todos/<uuid:todo_id>", todos.TodoView.as_view(), name="todo"),
]
