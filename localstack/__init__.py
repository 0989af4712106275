"""The whole house on one machine: servers from wheels, our processes, one supervisor.

`layout` says where things lie, `postgres`, `valkey` and `nginx` know one server each, `plan` lists what
runs and in which order, `supervisor` keeps it running. `inbox` receives the mails that `views` shows.
Nothing here runs in production.
"""
