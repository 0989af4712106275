from django.urls import path

from todos import api

urlpatterns = [
    path("todos", api.TodosView.as_view(), name="todos"),
    path("todos/bulk", api.BulkView.as_view(), name="todos-bulk"),
    path("todos/<uuid:todo_id>", api.TodoView.as_view(), name="todo"),
]
