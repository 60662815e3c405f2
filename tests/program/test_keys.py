"""Keys, limits and usage: by the command line while the program runs, effective at once."""

import json
import time

from support.messages import PRIMARY, ask, told
from support.wire import fetch, request_bytes


def key_id(gateway, name: str) -> str:
    done = gateway.verb("key", "list", "--json")
    assert done.returncode == 0, done.stderr
    return next(entry["id"] for entry in json.loads(done.stdout) if entry["name"] == name)


def eventually(check, within_s: float = 5.0):
    until = time.monotonic() + within_s
    while not (value := check()):
        assert time.monotonic() < until, "did not come about in time"
        time.sleep(0.02)
    return value


def test_a_new_key_works_and_is_never_shown_again(gateway):
    key = gateway.create_key("fresh")
    eventually(lambda: gateway.message(key=key).status == 200)
    listed = gateway.verb("key", "list")
    assert listed.returncode == 0
    assert "fresh" in listed.stdout
    assert key not in listed.stdout
    for file in gateway.data.rglob("*"):
        if file.is_file():
            assert key.encode() not in file.read_bytes(), f"{file.name} holds a key in clear"
    assert key not in gateway.log


def test_a_revoked_key_is_refused_at_once(gateway):
    key = gateway.create_key("doomed")
    eventually(lambda: gateway.message(key=key).status == 200)
    done = gateway.verb("key", "revoke", key_id(gateway, "doomed"))
    assert done.returncode == 0, done.stderr
    response = gateway.message(key=key)
    assert response.status == 401
    assert "revoked" in response.json["error"]["message"]


def test_a_rotated_key(gateway):
    old = gateway.create_key("rotating")
    done = gateway.verb("key", "rotate", key_id(gateway, "rotating"))
    assert done.returncode == 0, done.stderr
    new = next(word for word in done.stdout.split() if word.startswith("sp-"))
    assert new != old
    eventually(lambda: gateway.message(key=new).status == 200)


def test_requests_are_limited(gateway):
    key = gateway.create_key("slow", requests_per_minute=3)
    eventually(lambda: fetch(gateway.address, "GET", "/v1/models", gateway.headers(key)).status == 200)
    answers = [gateway.message(key=key) for _ in range(8)]
    codes = [answer.status for answer in answers]
    assert codes[0] == 200
    assert codes.count(200) <= 5, codes
    refused = answers[-1]
    assert refused.status == 429
    assert refused.json["error"]["type"] == "rate_limit_error"
    assert int(refused.header("retry-after")) >= 1
    assert answers[0].header("anthropic-ratelimit-requests-limit") == "3"


def test_concurrent_streams_are_limited(gateway):
    key = gateway.create_key("narrow-pipe", concurrent_streams=1)
    eventually(lambda: gateway.message(key=key).status == 200)
    with gateway.connect() as connection:
        question = ask(told("tokens=40 pace=50ms"), stream=True)
        connection.send(request_bytes("POST", "/v1/messages", gateway.headers(key), json.dumps(question).encode()))
        head = connection.read_head()
        assert gateway.message(key=key).status == 429
        assert b"message_stop" in b"".join(connection.read_pieces(head))
    eventually(lambda: gateway.message(key=key).status == 200)


def test_money_is_limited(gateway):
    key = gateway.create_key("poor", usd_per_month="0.001")
    eventually(lambda: gateway.message("tokens=100", key=key).status == 200)
    response = gateway.message(key=key)
    assert response.status == 429
    assert response.json["error"]["details"]["error_code"] == "enforced_spend_limit_reached"
    assert response.header("retry-after") is None


def test_usage_is_counted_with_its_cost(gateway):
    key = gateway.create_key("counted")
    eventually(lambda: gateway.message(key=key).status == 200)
    answer = gateway.message("tokens=50", key=key).json

    def rows():
        done = gateway.verb("usage", "--json", "--by", "key")
        assert done.returncode == 0, done.stderr
        found = [row for row in json.loads(done.stdout) if row.get("key_name", row.get("key")) == "counted"]
        return found if found and found[0]["requests"] >= 2 else None

    (row,) = eventually(rows)
    assert row["output_tokens"] >= answer["usage"]["output_tokens"]
    assert float(row["cost_usd"]) > 0
    assert PRIMARY in gateway.verb("usage", "--by", "model").stdout
