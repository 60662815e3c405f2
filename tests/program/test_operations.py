"""What operators see: health, metrics, logs without content, and an orderly end."""

import json
import signal
import threading
import time

from support.gateway import Gateway
from support.messages import FALLBACK_BETA, PRIMARY, ask, told
from support.wire import fetch

CONTENT = "a sentence that only the prompt has"


def test_health_and_readiness(gateway):
    assert fetch(gateway.address, "GET", "/healthz", {}).status == 200
    assert fetch(gateway.address, "GET", "/readyz", {}).status == 200


def test_logs_hold_no_content_and_no_keys(gateway):
    response = gateway.post("/v1/messages", ask(told("tokens=5", CONTENT)))
    assert response.status == 200
    gateway.wait_for_log(response.header("request-id"))
    log = gateway.log
    assert CONTENT not in log
    assert gateway.key not in log
    assert "simulator]" not in log


def test_every_log_line_is_json(gateway):
    gateway.message()
    lines = [line for line in gateway.log.splitlines() if line.strip()]
    assert lines
    for line in lines:
        assert isinstance(json.loads(line), dict), line


def sample(metrics: str, name: str) -> float:
    found = [line for line in metrics.splitlines() if line.startswith(name) and not line.startswith("#")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in found)


def refusals_and_fallbacks(gateway) -> tuple[float, float]:
    metrics = gateway.metrics()
    return sample(metrics, "sallyport_refusals_total"), sample(metrics, "sallyport_fallbacks_served_total")


def test_metrics(gateway):
    refusals, fallbacks = refusals_and_fallbacks(gateway)
    gateway.message("refuse=cyber")
    gateway.message(f"refuse=cyber refuse_model={PRIMARY}", betas=FALLBACK_BETA, fallbacks=[{"model": "claude-opus-4-8"}])
    metrics = gateway.metrics()
    for name in ("gen_ai_client_token_usage", "gen_ai_server_request_duration"):
        assert name in metrics, metrics[:2000]
    assert refusals_and_fallbacks(gateway) == (refusals + 2, fallbacks + 1)
    for line in metrics.splitlines():
        assert line.startswith("#") or len(line.rsplit(" ", 1)) == 2, line


def test_an_orderly_end_lets_streams_finish():
    with Gateway() as running:
        results = []

        def stream():
            results.append(running.message("tokens=30 pace=60ms", stream=True))

        thread = threading.Thread(target=stream)
        thread.start()
        time.sleep(0.5)
        running.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + 5
        while fetch_status(running) == 200:
            assert time.monotonic() < until, "still ready after SIGTERM"
            time.sleep(0.05)
        thread.join(30)
        assert results and results[0].complete
        assert results[0].events[-1].name == "message_stop"
        assert running.process.wait(30) == 0


def fetch_status(running) -> int:
    try:
        return fetch(running.address, "GET", "/readyz", {}, timeout_s=2).status
    except (OSError, AssertionError):
        return 0


def test_two_programs_do_not_share_a_store():
    with Gateway() as first:
        second = Gateway()
        second.data = first.data
        second.write_config()
        from support.gateway import run_verb

        done = run_verb("serve", "--config", str(second.config), timeout_s=30)
        assert done.returncode != 0
        assert "use" in done.stdout + done.stderr
        first.still_serves()
