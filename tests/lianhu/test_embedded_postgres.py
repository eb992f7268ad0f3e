import json
import os
import stat
import subprocess
import sys

import psutil

from lianhu.embedded.account import as_server, server_uid
from lianhu.embedded.paths import SOCKET_LIMIT, socket_directory
from tests.lianhu.conftest import CONNECT, ROOT, Station, wait_for


def test_a_command_without_database_starts_nothing(station):
    assert station.manage("help").returncode == 0
    assert station.manage("check").returncode == 0
    assert not (station.data / "postgres").exists()


def test_the_first_connection_starts_a_server_and_the_end_stops_it(station):
    done = station.shell(
        CONNECT + "k.execute('SELECT datctype FROM pg_database WHERE datname = current_database()'); "
        "print(k.fetchone()[0], c.pg_version)"
    )
    assert done.returncode == 0, done.stderr
    locale, version = done.stdout.split()
    assert locale == "C.UTF-8"
    assert int(version) >= 150_000
    assert station.processes() == []
    assert (station.data / "postgres" / "PG_VERSION").exists()


def test_two_first_commands_at_once_share_one_server(station):
    code = CONNECT + (
        'k.execute("SELECT pg_postmaster_start_time()"); print(k.fetchone()[0], flush=True); input()'
    )
    both = [station.start_shell(code) for _ in range(2)]
    starts = {process.stdout.readline() for process in both}
    assert len(starts) == 1
    assert "20" in starts.pop()
    first, second = both
    first.communicate("\n", timeout=120)
    assert station.postmaster().is_running()
    second.communicate("\n", timeout=120)
    assert station.processes() == []


def test_the_server_does_not_inherit_the_output_of_a_command(station):
    holder = station.hold()
    words = f"out=$({sys.executable} {ROOT}/manage.py shell -v0 -c \"{CONNECT}print('said')\"); echo [$out]"
    # The server outlives this command, which would wait for it for ever.
    done = subprocess.run(["sh", "-c", words], env=station.env, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[said]"
    holder.communicate("\n", timeout=120)


def test_output_closes_though_the_server_that_it_started_lives_on(station):
    starter = station.start_shell(CONNECT + "print('holding', flush=True); input()")
    starter.stdout.readline()
    other = station.hold()
    starter.stdin.write("\n")
    starter.stdin.close()
    assert starter.stdout.read() == ""  # end of file comes, while `other` keeps the server
    assert station.postmaster().is_running()
    other.communicate("\n", timeout=120)
    assert station.processes() == []


def test_a_killed_user_does_not_keep_the_server_running(station):
    holder = station.hold()
    holder.kill()
    holder.wait()
    assert station.quiet_within(60)
    assert station.shell(CONNECT + "print('again')").stdout.strip() == "again"


def test_a_killed_keeper_leaves_a_server_that_the_last_user_stops(station):
    holder = station.hold()
    (keeper,) = [each for each in station.processes() if "keeper.py" in " ".join(each.cmdline())[:400]]
    keeper.kill()
    assert station.postmaster().is_running()
    holder.communicate("\n", timeout=120)
    assert station.processes() == []


def test_a_killed_server_is_recovered_with_its_data(station):
    holder = station.start_shell(
        CONNECT + "k.execute('CREATE TABLE kept (n int)'); k.execute('INSERT INTO kept VALUES (7)'); "
        "print('holding', flush=True); input(); c.close(); "
        "k = c.cursor(); k.execute('SELECT n FROM kept'); print(k.fetchone()[0])"
    )
    holder.stdout.readline()
    server = station.postmaster()
    server.kill()
    wait_for(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE)
    assert (station.data / "postgres" / "postmaster.pid").exists()
    # The process that was there all along, and then a new one.
    assert holder.communicate("\n", timeout=120)[0].strip() == "7"
    assert station.shell(CONNECT + "k.execute('SELECT n FROM kept'); print(k.fetchone()[0])").stdout == "7\n"
    assert station.processes() == []


def test_a_pid_file_whose_number_another_program_has_is_not_believed(station):
    station.shell(CONNECT)
    # This very process stands for the other program.
    lines = [str(os.getpid()), str(station.data / "postgres"), "1", "5432", "", "", "0 0", "ready"]
    (station.data / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    done = station.shell(CONNECT + "print('works')")
    assert done.stdout.strip() == "works", done.stderr


def test_a_deep_directory_with_blanks_and_quotes_works(tmp_path):
    deep = Station(tmp_path / ("深" * 30) / "it's a very deep, and odd folder")
    try:
        holder = deep.hold()
        short = socket_directory(deep.data / "postgres", ".s.PGSQL.5432")
        assert short != deep.data / "postgres"
        assert len(os.fsencode(short / ".s.PGSQL.5432")) <= SOCKET_LIMIT
        assert stat.S_IMODE(short.stat().st_mode) == 0o700
        holder.communicate("\n", timeout=120)
        assert not short.exists()
        assert deep.processes() == []
    finally:
        deep.close()


def test_the_account_of_the_server_passes_a_private_directory(tmp_path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    program = private / "program"
    program.write_text("#!/bin/sh\ntest -x $0 && id -u\n")
    program.chmod(0o755)
    uid = server_uid(tmp_path / "none")
    done = subprocess.run(
        [*as_server(uid, program), str(program)], cwd="/", capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(uid) != "0"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


def test_a_socket_directory_that_somebody_else_put_there_is_refused(tmp_path):
    station = Station(tmp_path / ("x" * 120))
    squatted = socket_directory(station.data / "postgres", ".s.PGSQL.5432")
    squatted.symlink_to(tmp_path)
    try:
        done = station.shell(CONNECT)
        assert done.returncode == 1
        assert "属于其他用户" in done.stderr
        assert station.processes() == []
    finally:
        squatted.unlink()
        station.close()


def test_an_interrupted_initdb_leaves_nothing_and_the_next_start_works(station):
    draft = station.data / "postgres.new"
    starter = station.start_shell(CONNECT)
    wait_for(lambda: (draft / "PG_VERSION").exists())
    starter.send_signal(2)
    starter.communicate(timeout=120)
    assert station.quiet_within(60)
    assert not draft.exists()
    assert station.shell(CONNECT + "print('works')").stdout.strip() == "works"


def test_a_full_disk_is_told_in_one_sentence(small_disk):
    place, limits = small_disk
    station = Station(place / "data")
    try:
        done = station.shell(CONNECT, **limits)
        assert done.returncode == 1
        assert "磁盘" in done.stderr
        assert "Traceback" not in done.stderr
        assert station.processes() == []
        assert not (station.data / "postgres").exists()
    finally:
        station.close()


def test_a_forked_child_leaves_the_server_to_its_parent(station):
    done = station.shell(
        CONNECT + "import os; c.close(); pid = os.fork(); "
        "(c.cursor().execute('SELECT 1'), os._exit(0)) if pid == 0 else os.waitpid(pid, 0); "
        "k = c.cursor(); k.execute('SELECT 2'); print(k.fetchone()[0])"
    )
    assert done.stdout.strip() == "2", done.stderr
    assert station.processes() == []


def test_dbshell_reaches_the_embedded_server(station):
    done = station.manage("dbshell", "--", "-Atc", "SELECT 40 + 2")
    assert done.stdout.strip() == "42", done.stderr
    assert station.processes() == []


def test_a_data_command_brings_a_new_database_up_to_date_and_says_nothing_else(station):
    done = station.manage("compliance", "--period", "2026-03", "--as-of", "2026-04-01", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"period": "2026-03", "as_of": "2026-04-01", "rows": []}
    wrong = station.manage("compliance", "--period", "2026-13")
    assert wrong.returncode == 1
    assert "2026-13”不是期间" in wrong.stderr
