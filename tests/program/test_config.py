"""Configuration: what check-config says, what a bad start says, and reloads that change everything or nothing."""

import re
import socket
import threading
import time

import pytest
from support import catalogs
from support.gateway import Gateway, free_port, run_verb
from support.messages import ask, message
from support.upstream import Upstream, respond_json
from support.wire import fetch

LISTENER = '[[listener]]\naddress = "127.0.0.1:{port}"\n'
SIMULATED = '[[upstream]]\nname = "simulator"\nkind = "simulator"\n[[model]]\nid = "m"\nroutes = [{upstream = "simulator"}]\n'


def check(tmp_path, text: str):
    file = tmp_path / "c.toml"
    file.write_text(text)
    return run_verb("check-config", str(file))


def test_the_embedded_configuration_is_good(tmp_path):
    printed = run_verb("check-config", "--print-default")
    assert printed.returncode == 0
    done = check(tmp_path, printed.stdout)
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.mark.parametrize(
    "line, words",
    [
        ("[[listener]", ["line|:1"]),
        ('[[listener]]\naddres = "127.0.0.1:1"\n', ["addres", "address"]),
        ('[[listener]]\naddress = "127.0.0.1"\n', ["address"]),
        ('[[listener]]\naddress = "127.0.0.1:99999"\n', ["address"]),
        (LISTENER.format(port=1) + '[log]\nlevel = "loud"\n', ["loud|level"]),
        (LISTENER.format(port=1) + '[[upstream]]\nname = "u"\nkind = "anthropc"\n', ["anthropic"]),
        (LISTENER.format(port=1) + '[[upstream]]\nname = "u"\nkind = "openai"\nbase_url = "ftp://x"\n', ["base_url"]),
        (LISTENER.format(port=1) + '[[model]]\nid = "m"\nroutes = [{upstream = "nowhere"}]\n', ["nowhere"]),
        (LISTENER.format(port=1) + SIMULATED + 'allowed_fallbacks = ["none"]\n', ["none"]),
        (LISTENER.format(port=1) + SIMULATED + SIMULATED, ["second|twice|already"]),
        (LISTENER.format(port=1) + "[server]\ndrain_deadline = 5\n", ["drain_deadline"]),
        (LISTENER.format(port=1) + '[[upstream]]\nname = "u"\nkind = "openai"\nbase_url = "http://h"\ncredential = {env = "NOT_SET_ANYWHERE"}\n', ["NOT_SET_ANYWHERE"]),
    ],
)  # fmt: skip
def test_every_problem_has_a_line_and_a_hint(tmp_path, line, words):
    done = check(tmp_path, line)
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert re.search(r"c\.toml:\d+", said) or re.search(r"line \d+", said), said
    for word in words:
        assert re.search(word, said), said


def test_all_problems_are_told_at_once(tmp_path):
    text = LISTENER.format(port=1) + 'x = 1\n[log]\nlevel = "loud"\n[store]\ny = 2\n'
    done = check(tmp_path, text)
    assert len([line for line in (done.stdout + done.stderr).splitlines() if "c.toml:" in line]) >= 3


def test_secrets_are_not_shown(tmp_path):
    text = LISTENER.format(port=1) + '[[upstream]]\nname = "u"\nkind = "openai"\nbase_url = "http://h"\ncredential = "sk-written-in-the-file"\n'
    done = check(tmp_path, text)
    assert "sk-written-in-the-file" not in done.stdout + done.stderr


def fails_to_start(config, *words: str) -> str:
    done = run_verb("serve", "--config", str(config), timeout_s=30)
    said = done.stdout + done.stderr
    assert done.returncode not in (0, -6, -11), said
    for word in words:
        assert re.search(word, said), said
    complaint = [line for line in said.splitlines() if line.strip()]
    assert len(complaint) <= 2, f"more than one line: {said}"
    assert "AddressSanitizer" not in said
    return said


def config_at(tmp_path, text: str, data: str | None = None):
    file = tmp_path / "sallyport.toml"
    file.write_text(f'data_dir = "{data or tmp_path / "data"}"\n' + text + SIMULATED)
    return file


def test_a_port_that_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        fails_to_start(config_at(tmp_path, LISTENER.format(port=port)), str(port), "in use|taken")


def test_a_directory_that_cannot_be_written(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("not a directory")
    fails_to_start(config_at(tmp_path, LISTENER.format(port=free_port()), str(blocker / "data")), "data|directory")


def test_a_tls_file_that_is_missing(tmp_path):
    text = LISTENER.format(port=free_port()) + f'tls = {{cert_file = "{tmp_path}/no.pem", key_file = "{tmp_path}/no.key"}}\n'
    fails_to_start(config_at(tmp_path, text), "no.pem|no.key")


def test_a_configuration_that_is_missing(tmp_path):
    fails_to_start(tmp_path / "none.toml", "none.toml")


def test_help_is_worth_reading():
    top = run_verb("--help")
    assert top.returncode == 0
    for verb in ("serve", "check-config", "key", "usage", "backup", "restore"):
        assert verb in top.stdout
        assert len(run_verb(verb, "--help").stdout) > 200
    version = run_verb("version")
    assert version.returncode == 0 and re.search(r"\d+\.\d+\.\d+", version.stdout)
    assert run_verb("no-such-verb").returncode == 2


@pytest.fixture
def reloading():
    one, two = Upstream(), Upstream()
    one.handler = lambda call: call.send(respond_json(message("from one")))
    two.handler = lambda call: call.send(respond_json(message("from two")))

    def catalog(url: str) -> str:
        return catalogs.upstream("u", url) + catalogs.model("m", catalogs.route("u", "x"))

    with Gateway(catalog(one.url)) as running:
        running.one, running.two, running.make = one, two, catalog
        yield running
    one.close()
    two.close()


def text_of(gateway) -> str:
    content = gateway.post("/v1/messages", ask("Hi", "m")).json.get("content")
    return content[0]["text"] if content else ""


def eventually(check, within_s: float = 10.0):
    until = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < until, "did not come about in time"
        time.sleep(0.05)


def test_a_reload_changes_what_the_file_changed(reloading):
    assert text_of(reloading) == "from one"
    reloading.write_config(reloading.make(reloading.two.url))
    reloading.reload()
    eventually(lambda: text_of(reloading) == "from two")


def test_a_changed_file_is_reloaded_by_itself(reloading):
    reloading.write_config(reloading.make(reloading.two.url))
    eventually(lambda: text_of(reloading) == "from two")


def test_a_bad_file_changes_nothing_and_says_so(reloading):
    reloading.write_config("[[model]]\nid = 7\n")
    reloading.reload()
    reloading.wait_for_log("reload")
    eventually(lambda: re.search(r"reload[^\n]*(fail|refus|reject|kept)|config[^\n]*(fail|refus|reject|invalid)", reloading.log))
    assert text_of(reloading) == "from one"
    assert fetch(reloading.address, "GET", "/readyz", {}).status == 200


def test_a_stream_in_flight_keeps_its_configuration(reloading):
    started, go_on = threading.Event(), threading.Event()

    def slowly(call):
        from support.messages import answer_events
        from support.upstream import SSE_HEAD, chunk

        events = answer_events("before ", "after")
        half = len(events) // 2
        call.send(SSE_HEAD + chunk(events[:half]))
        started.set()
        go_on.wait(10)
        call.send(chunk(events[half:]) + b"0\r\n\r\n")

    reloading.one.handler = slowly
    with reloading.connect() as connection:
        connection.send(reloading.request(ask("Hi", "m", stream=True)))
        head = connection.read_head()
        assert started.wait(10)
        # Until the new configuration is in force, a plain question would meet the same slow upstream.
        reloading.one.handler = lambda call: call.send(respond_json(message("from one")))
        reloading.write_config(reloading.make(reloading.two.url))
        reloading.reload()
        eventually(lambda: text_of(reloading) == "from two")
        go_on.set()
        body = b"".join(connection.read_pieces(head))
        assert head.complete and b"message_stop" in body


