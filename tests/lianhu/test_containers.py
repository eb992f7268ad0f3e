import os
import re
import subprocess
import sys

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from tests.lianhu.conftest import ROOT
from tests.lianhu.test_environment import PRODUCTION

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OWN = {"migrate", "web", "worker", "scheduler"}


def environment_of(service):
    return SERVICES[service].get("environment", {})


def test_the_services_of_production_are_there():
    assert set(SERVICES) == OWN | {"postgres", "redis"}


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"migrate"}))
def test_every_lasting_service_has_a_health_check_and_restarts(service):
    check = SERVICES[service]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries"} <= set(check)
    assert SERVICES[service]["restart"] == "unless-stopped"


def test_migrations_are_a_step_of_their_own_that_the_others_wait_for():
    assert SERVICES["migrate"]["restart"] == "no"
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for service in OWN - {"migrate"}:
        assert SERVICES[service]["depends_on"] == {
            "postgres": {"condition": "service_healthy"},
            "redis": {"condition": "service_healthy"},
            "migrate": {"condition": "service_completed_successfully"},
        }


def test_no_secret_stands_in_the_file_and_a_missing_one_stops_compose():
    for service in SERVICES:
        for name, value in environment_of(service).items():
            if re.search("KEY|PASSWORD|HOSTS|DATABASE_URL", name):
                assert re.search(r"\$\{(\w+):\?set \1\}", value), f"{service}: {name}"


def test_the_product_gets_every_setting_that_production_asks_for():
    for service in OWN:
        assert set(PRODUCTION) <= set(environment_of(service))


def test_nothing_runs_as_root_and_only_the_web_server_is_published():
    dockerfile = (ROOT / "Dockerfile").read_text()
    users = re.findall(r"^USER (\S+)", dockerfile.split("FROM")[-1], re.M)
    assert users == ["10001:10001"]
    for service in OWN:
        assert SERVICES[service]["cap_drop"] == ["ALL"]
        assert "user" not in SERVICES[service]
    assert SERVICES["postgres"]["user"] == "postgres"
    assert SERVICES["redis"]["user"] == "redis"
    published = {name: each["ports"] for name, each in SERVICES.items() if "ports" in each}
    assert published == {"web": ["127.0.0.1:8000:8000"]}
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_data_lives_on_named_volumes():
    for service in (*OWN, "postgres", "redis"):
        (volume,) = SERVICES[service]["volumes"]
        assert volume.split(":")[0] in COMPOSE["volumes"]


def test_database_is_at_least_postgresql_15():
    assert int(re.match(r"postgres:(\d+)", SERVICES["postgres"]["image"]).group(1)) >= 15


def test_the_commands_of_the_file_exist():
    for service in OWN - {"web"}:
        words = SERVICES[service]["command"]
        if words[:2] == ["python", "manage.py"]:
            load_command_class(get_commands()[words[2]], words[2])
        else:
            assert words[:3] == ["celery", "-A", "lianhu"]
            help_text = celery(*words[3:4], "--help")
            assert all(word.split("=")[0] in help_text for word in words[4:] if word.startswith("--"))


def celery(*words):
    command = [sys.executable, "-m", "celery", "-A", "lianhu", *words]
    done = subprocess.run(command, cwd=ROOT, env=production(), capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def production():
    return {"PATH": os.environ["PATH"]} | PRODUCTION


def test_the_web_server_of_the_image_takes_its_options():
    words = re.search(r"CMD \[(.*)\]", (ROOT / "Dockerfile").read_text().replace("\\\n", ""), re.S).group(1)
    options = re.findall(r'"([^"]*)"', words)
    assert options[0] == "gunicorn"
    command = [sys.executable, "-m", *options, "--check-config"]
    done = subprocess.run(command, cwd=ROOT, env=production(), capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr


def test_the_image_holds_no_data_and_no_test():
    allowed = (ROOT / ".dockerignore").read_text().split()
    assert allowed[0] == "*"
    assert not {"!var/", "!tests/", "!.git/", "!.venv/", "!.env"} & set(allowed)


def test_fresh_secrets_for_production_are_accepted():
    done = subprocess.run(
        [sys.executable, "-m", "lianhu.embedded.secrets"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    from lianhu import environment

    fresh = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert environment.read(PRODUCTION | fresh).secret_key == fresh["SECRET_KEY"]
