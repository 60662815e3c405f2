"""Usage: never lost by a kill after the flush interval, never silently dropped when the disk is full."""

import json
import resource
import time

import pytest
from support.gateway import Gateway

FLUSH_S = 1.0  # the interval that the docs state is far below


def rows(gateway, *words: str) -> list[dict]:
    done = gateway.verb("usage", "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def requests_counted(gateway) -> int:
    return sum(row["requests"] for row in rows(gateway))


def test_kill_nine_loses_nothing_that_was_flushed():
    with Gateway() as running:
        for round_number in range(1, 4):
            for _ in range(20):
                assert running.message().status == 200
            time.sleep(FLUSH_S)
            running.kill()
            assert requests_counted(running) == 20 * round_number
            running.start()
        running.still_serves()


def test_an_orderly_end_loses_nothing_at_all():
    with Gateway() as running:
        for _ in range(25):
            running.message()
        running.stop()
        assert requests_counted(running) == 25


def test_each_attempt_of_a_fallback_is_counted_with_its_model():
    with Gateway() as running:
        value = "refuse=bio refuse_model=claude-fable-5-1"
        beta = "server-side-fallback-2026-07-01"
        assert running.message(value, betas=beta, fallbacks=[{"model": "claude-opus-4-8"}]).status == 200
        time.sleep(FLUSH_S)
        by_model = {row["model"]: row for row in rows(running, "--by", "model")}
        assert set(by_model) == {"claude-fable-5-1", "claude-opus-4-8"}
        assert float(by_model["claude-opus-4-8"]["cost_usd"]) > 0
        # A refusal for biology is billed before any output since September 2026.
        assert float(by_model["claude-fable-5-1"]["cost_usd"]) > 0


def test_clients_that_leave_are_counted_too():
    with Gateway() as running:
        with running.connect() as connection:
            from support.messages import ask, told

            connection.send(running.request(ask(told("tokens=400 pace=20ms"), stream=True)))
            head = connection.read_head()
            assert head.status == 200
            next(connection.read_pieces(head))
        time.sleep(FLUSH_S + 1)
        assert requests_counted(running) == 1


def test_a_full_disk_refuses_rather_than_forgets():
    """No file may grow beyond a little more than it has now: to the store that is a full disk."""

    def small_files():
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (600 << 10, 600 << 10))

    running = Gateway(preexec=small_files)
    running.log_path = running.directory / "log"
    with running:
        statuses = []
        until = time.monotonic() + 40
        while time.monotonic() < until:
            response = running.message()
            statuses.append(response.status)
            if response.status != 200:
                break
        else:
            pytest.skip("the store did not fill in time")
        assert response.status in (503, 529), response.body
        assert response.json["error"]["type"] in ("overloaded_error", "api_error")
        running.check_sane()
        running.kill()
        served = statuses.count(200)
        counted = requests_counted(running)
        # What was accepted and still waited for the disk when the power went is bounded by the queue.
        assert counted <= served
        assert counted > 0


def test_verbs_leave_the_running_store_alone():
    """Whoever closes the database last deletes its -wal; a verb must not take itself for the last."""
    with Gateway() as running:
        running.message()
        for words in (("key", "list"), ("usage",), ("key", "create", "--name", "other")):
            assert running.verb(*words).returncode == 0
            left = {file.name for file in running.data.iterdir()}
            assert {"sallyport.db", "sallyport.db-wal", "sallyport.db-shm"} <= left, f"{words}: {left}"
        for _ in range(5):
            running.message()
        time.sleep(FLUSH_S)
        running.kill()
        assert requests_counted(running) == 6


def test_backup_and_restore(tmp_path):
    with Gateway() as running:
        for _ in range(5):
            running.message()
        time.sleep(FLUSH_S)
        copy = tmp_path / "copy"
        done = running.verb("backup", str(copy))
        assert done.returncode == 0, done.stderr
        key = running.key
    with Gateway() as other:
        other.stop()
        done = other.verb("restore", str(copy))
        assert done.returncode == 0, done.stderr
        other.start()
        assert other.message(key=key).status == 200
        assert requests_counted(other) >= 5
