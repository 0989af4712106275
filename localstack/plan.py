"""What the house consists of, in the order in which it starts."""

from collections.abc import Mapping
from dataclasses import dataclass

from localstack import ports, postgres
from localstack.account import server_account
from localstack.environment import fingerprint, public_port, stack_environment
from localstack.house import House
from localstack.layout import Layout
from localstack.nginx import Nginx
from localstack.postgres import Postgres
from localstack.programs import Program, Stage, Stamp, Step
from localstack.secret_files import remembered_secret
from localstack.valkey import Valkey

INTERNAL_PORTS = ["postgres", "valkey", "inbox", "sandbox", "web"]


@dataclass(frozen=True)
class Plan:
    stages: list[Stage]
    environment: Mapping[str, str]
    port: int


def plan(layout: Layout, given: Mapping[str, str]) -> Plan:
    """The stages for this checkout. Servers named by DATABASE_URL or REDIS_URL are used, not started."""
    own_ports = ports.remembered_ports(layout.ports, INTERNAL_PORTS)
    database = None if given.get("DATABASE_URL") else _postgres(layout, own_ports["postgres"])
    redis = None if given.get("REDIS_URL") else _valkey(layout, own_ports["valkey"])
    environment = stack_environment(
        layout,
        own_ports,
        given,
        database_url=database.url if database else given["DATABASE_URL"],
        redis_url=redis.url if redis else given["REDIS_URL"],
    )
    house = House(layout, own_ports, environment)
    stages = [_servers(house, database, redis), _setup(house, given), _application(house), _entrance(house)]
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


def _servers(house: House, database: Postgres | None, redis: Valkey | None) -> Stage:
    """Databases where none is given, and the outside world in small: a mailbox and a payment provider."""
    steps: list[Step] = []
    programs: list[Program] = []
    if database is not None:
        text = f"Making a database cluster in {database.home}"
        if not database.home.is_relative_to(house.layout.root):
            text += " (it cannot run as root, and nobody else may enter this directory)"
        steps.append(Step(text, database.prepare, is_needed=lambda: not database.data.exists()))
        programs.append(house.server(database, cwd=database.home))
    if redis is not None:
        steps.append(Step(run=redis.prepare))
        programs.append(house.server(redis, cwd=redis.home))
    programs += [house.inbox(), house.sandbox()]
    return Stage(_starting(programs), steps, programs)


def _setup(house: House, given: Mapping[str, str]) -> Stage:
    layout = house.layout
    return Stage(
        steps=[
            Step(
                "Making the first signing key",
                program=house.manage("keys", "create_signing_key", "--if-missing"),
                is_needed=lambda: not any(layout.keys.iterdir()),
            ),
            Step("Bringing the tables up to date", program=house.manage("migrate", "migrate", "--no-input")),
            Step(
                "Collecting static files",
                program=house.manage("static", "collectstatic", "--no-input", "--verbosity=0"),
                stamp=Stamp(layout.stamp("static"), _static_files(layout)),
            ),
            Step(
                "Loading demo data",
                program=house.manage("demo", "load_demo", "--if-empty", has_terminal=True),
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


def _application(house: House) -> Stage:
    programs = [house.web(), house.worker(), house.beat(), house.relay()]
    return Stage(_starting(programs), programs=programs)


def _entrance(house: House) -> Stage:
    server = Nginx(
        template=house.layout.root / "deploy" / "nginx" / "nginx.conf.template",
        state=house.layout.nginx,
        access_log=house.layout.logs / "requests.log",
        port=public_port(house.environment),
        web_port=house.ports["web"],
        static=house.layout.static,
        media=house.layout.media,
    )
    programs = [house.server(server, cwd=house.layout.root)]
    return Stage(_starting(programs), [Step(run=server.prepare)], programs)


def _starting(programs: list[Program]) -> str:
    return "Starting " + ", ".join(program.name for program in programs)
