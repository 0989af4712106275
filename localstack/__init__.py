"""The whole shop on one machine: servers from wheels, our processes, one supervisor.

`layout` says where things lie; `postgres`, `valkey` and `nginx` know one server each, `programs` makes our
processes; `plan` puts all of it into `stages` in the order in which it starts, `supervisor` keeps it running.
`inbox` receives the mails that `views` shows. Nothing here runs in production.
"""
