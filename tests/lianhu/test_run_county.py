import os
import signal
import socket
import urllib.request

import pytest

from tests.lianhu.conftest import Station, wait_for


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """A data directory on which the system has run before: it starts quickly."""
    made = Station(tmp_path_factory.mktemp("settled") / "data")
    yield made
    made.close()


def run(station, port, *words):
    return station.start("run_county", "--no-demo", "--port", str(port), *words)


def read_until(process, text):
    said = ""
    for line in process.stdout:
        said += line
        if text in line:
            return said
    pytest.fail(f"ended without «{text}»:\n{said}")


def part(station, word):
    """The master among the processes that have `word` as an argument or as their program."""
    found = [
        each
        for each in station.processes()
        if word in {os.path.basename(argument.split(" ")[0]) for argument in each.cmdline()}
    ]
    return min(found, key=lambda each: each.create_time())


def test_it_comes_up_stops_on_ctrl_c_and_comes_up_again_with_its_data(settled, port):
    first = run(settled, port)
    said = read_until(first, "Ctrl-C")
    assert f"http://127.0.0.1:{port}/" in said
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
        assert answer.status == 200
    keep = "from accounts.models import Session as S; from django.utils import timezone as z; "
    settled.shell(keep + "S.objects.create(session_key='kept', session_data='', expire_date=z.now())")
    first.send_signal(signal.SIGINT)
    assert "已全部停止" in first.communicate(timeout=120)[0]
    assert first.returncode == 0
    assert settled.processes() == []

    second = run(settled, port)
    read_until(second, "Ctrl-C")
    kept = settled.shell(keep + "print(S.objects.filter(session_key='kept').count())")
    assert kept.stdout.strip() == "1"
    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=120)
    assert settled.processes() == []


def test_a_second_one_on_the_same_data_says_so_and_leaves_the_first_alone(station, port):
    first = run(station, port)
    wait_for(lambda: (station.data / "run.lock").exists())
    second = run(station, port + 1)
    assert "已在运行" in second.communicate(timeout=120)[0]
    assert second.returncode == 1
    assert first.poll() is None
    # The first is stopped in the middle of its start.
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=120)
    assert station.processes() == []


def test_a_port_in_use_is_told_and_nothing_is_started(station):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        refused = run(station, taken)
        said = refused.communicate(timeout=120)[0]
    assert f"端口 {taken} 已被占用" in said
    assert "Traceback" not in said
    assert refused.returncode == 1
    assert station.processes() == []
    assert not (station.data / "postgres").exists()


@pytest.mark.parametrize(
    "sign", ["postgres.new/PG_VERSION", "postgres/postmaster.pid", "redis/redis.sock", "logs/prepare.log"]
)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopped_in_the_middle_of_the_start_nothing_is_left_running(station, port, sign, how):
    starting = run(station, port)
    wait_for(lambda: (station.data / sign).exists())
    starting.send_signal(how)
    starting.wait(120)
    assert station.quiet_within(0.1 if how == signal.SIGINT else 60)


# The database has a test of its own; the parts are watched alike.
@pytest.mark.parametrize("word", ["worker", "valkey-server"])
def test_a_killed_part_is_named_and_stops_all(settled, port, word):
    running = run(settled, port)
    read_until(running, "Ctrl-C")
    part(settled, word).kill()
    said = running.communicate(timeout=120)[0]
    names = {"worker": "后台任务", "valkey-server": "队列"}
    assert f"{names[word]} 意外退出" in said
    assert running.returncode == 1
    assert settled.processes() == []


def test_a_killed_database_is_named_and_stops_all(settled, port):
    running = run(settled, port)
    read_until(running, "Ctrl-C")
    settled.postmaster().kill()
    assert "数据库 意外退出" in running.communicate(timeout=120)[0]
    assert running.returncode == 1
    assert settled.quiet_within(60)


def test_a_killed_supervisor_takes_all_parts_with_it(settled, port):
    running = run(settled, port)
    read_until(running, "Ctrl-C")
    assert len(settled.processes()) > 6
    running.kill()
    running.wait()
    assert settled.quiet_within(60)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_full_disk_is_told_and_nothing_is_left(small_disk, port):
    place, limits = small_disk
    station = Station(place / "data")
    try:
        refused = station.start("run_county", "--no-demo", "--port", str(port), **limits)
        said = refused.communicate(timeout=120)[0]
        assert "磁盘" in said
        assert "Traceback" not in said
        assert refused.returncode == 1
        assert station.processes() == []
    finally:
        station.close()
