"""What the local stack consists of, in the order in which it starts."""

from collections.abc import Mapping
from dataclasses import dataclass

from localstack import ports, postgres
from localstack.account import server_account
from localstack.environment import fingerprint, public_port, stack_environment
from localstack.layout import Layout
from localstack.nginx import Nginx
from localstack.postgres import Postgres
from localstack.programs import Programs
from localstack.secret_files import remembered_secret
from localstack.stages import Program, Stage, Stamp, Step
from localstack.valkey import Valkey

INTERNAL_PORTS = ["postgres", "valkey", "inbox", "sandbox", "web"]


@dataclass(frozen=True)
class Plan:
    stages: list[Stage]
    environment: Mapping[str, str]
    port: int


def plan(layout: Layout, given: Mapping[str, str]) -> Plan:
    """The stages for this checkout. Servers named by DATABASE_URL or REDIS_URL are used, not started."""
    own_ports = ports.remembered_ports(layout.ports, INTERNAL_PORTS, public=public_port(given))
    database = None if given.get("DATABASE_URL") else _postgres(layout, own_ports["postgres"])
    redis = None if given.get("REDIS_URL") else _valkey(layout, own_ports["valkey"])
    environment = stack_environment(
        layout,
        own_ports,
        given,
        database_url=database.url if database else given["DATABASE_URL"],
        redis_url=redis.url if redis else given["REDIS_URL"],
    )
    programs = Programs(layout, own_ports, environment)
    stages = [
        _servers(programs, database, redis),
        _setup(programs, given),
        _application(programs),
        _entrance(programs),
    ]
    return Plan(stages, environment, public_port(given))


def _postgres(layout: Layout, port: int) -> Postgres:
    account = server_account()
    home = postgres.find_home(layout.local, account)
    return Postgres(
        programs=postgres.find_programs(home, account),
        home=home / "postgres",
        port=port,
        password=remembered_secret(layout.secret("postgres")),
        account=account,
    )


def _valkey(layout: Layout, port: int) -> Valkey:
    return Valkey(layout.valkey, port, remembered_secret(layout.secret("valkey")))


def _servers(programs: Programs, database: Postgres | None, redis: Valkey | None) -> Stage:
    """Databases where none is given, and the outside world in small: a mailbox and a payment provider."""
    steps: list[Step] = []
    started: list[Program] = []
    if database is not None:
        text = f"Making a database cluster in {database.home}"
        if not database.home.is_relative_to(programs.layout.root):
            text += " (it cannot run as root, and nobody else may enter this directory)"
        steps.append(Step(text, database.prepare, is_needed=lambda: not database.data.exists()))
        started.append(programs.server(database, cwd=database.home))
    if redis is not None:
        steps.append(Step(run=redis.prepare))
        started.append(programs.server(redis, cwd=redis.home))
    started += [programs.inbox(), programs.sandbox()]
    return Stage(_starting(started), steps, started)


def _setup(programs: Programs, given: Mapping[str, str]) -> Stage:
    layout = programs.layout
    return Stage(
        steps=[
            Step(
                "Making the first signing key",
                program=programs.manage("keys", "create_signing_key", "--if-missing"),
                is_needed=lambda: not any(layout.keys.iterdir()),
            ),
            Step(
                "Bringing the tables up to date", program=programs.manage("migrate", "migrate", "--no-input")
            ),
            Step(
                "Collecting static files",
                program=programs.manage("static", "collectstatic", "--no-input", "--verbosity=0"),
                stamp=Stamp(layout.stamp("static"), _static_files(layout)),
            ),
            Step(
                "Loading demo data",
                program=programs.manage("demo", "load_demo", "--if-empty", has_terminal=True),
                is_needed=lambda: given.get("DEMO_DATA") != "no",
                stamp=Stamp(layout.stamp("demo"), fingerprint(given.get("DATABASE_URL", ""))),
            ),
        ]
    )


def _static_files(layout: Layout) -> str:
    """Changes with the packages and with our own files."""
    own = sorted(layout.root.glob("[a-z]*/static/**/*"))
    packages = (layout.root / "requirements.txt").read_text()
    return fingerprint(packages, *(f"{path} {path.stat().st_mtime_ns}" for path in own))


def _application(programs: Programs) -> Stage:
    started = [programs.web(), programs.worker(), programs.beat(), programs.relay()]
    return Stage(_starting(started), programs=started)


def _entrance(programs: Programs) -> Stage:
    server = Nginx(
        template=programs.layout.root / "deploy" / "nginx" / "nginx.conf.template",
        state=programs.layout.nginx,
        access_log=programs.layout.logs / "requests.log",
        port=public_port(programs.environment),
        web_port=programs.ports["web"],
        static=programs.layout.static,
        media=programs.layout.media,
    )
    started = [programs.server(server, cwd=programs.layout.root)]
    return Stage(_starting(started), [Step(run=server.prepare)], started)


def _starting(programs: list[Program]) -> str:
    return "Starting " + ", ".join(program.name for program in programs)
