"""One running program: its binary, configuration, data, keys and log, all of them its own."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from . import messages
from .wire import Connection, Response, fetch, request_bytes

ROOT = Path(__file__).resolve().parents[3]
START_S = 30.0
STOP_S = 45.0
VERSION = "2023-06-01"
UPSTREAM_KEY = "credential-of-the-operator"


def binary() -> str:
    path = os.environ.get("SALLYPORT_BINARY") or str(ROOT / "build" / "dev" / "sallyport")
    assert Path(path).is_file(), f"no program at {path}: build it, or set SALLYPORT_BINARY"
    return path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def clean_environment() -> dict[str, str]:
    """Without what would turn a configuration's real upstreams on."""
    dropped = re.compile(r"^(ANTHROPIC_|OPENAI_|SALLYPORT_(LOCAL|CONFIG))")
    kept = {name: value for name, value in os.environ.items() if not dropped.match(name)}
    return kept | {"UPSTREAM_KEY": UPSTREAM_KEY}


def run_verb(*words: str, timeout_s: float = 60.0, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(
        [binary(), *words],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        stdin=subprocess.DEVNULL,
        env=environment or clean_environment(),
    )


def default_catalog() -> str:
    """The models, upstreams and tables of the embedded configuration, without its listener and log."""
    text = (ROOT / "src" / "cli" / "default_config.toml").read_text()
    return text[text.index("# ---") :]


class Gateway:
    """`with Gateway() as gateway:` starts the program on a free loopback port and stops it at the end.

    `catalog` replaces the embedded models and upstreams; `extra` is further configuration that stands before it;
    `listener` further lines of the listener's table.
    """

    def __init__(self, catalog: str | None = None, extra: str = "", listener: str = "", preexec=None):
        self._temporary = tempfile.TemporaryDirectory(prefix="sallyport-test-")
        self.directory = Path(self._temporary.name)
        self.data = self.directory / "data"
        self.data.mkdir()
        self.config = self.directory / "sallyport.toml"
        self.log_path = self.directory / "log"
        self.port = free_port()
        self.catalog = default_catalog() if catalog is None else catalog
        self.extra = extra
        self.listener = listener
        self.preexec = preexec
        self.process: subprocess.Popen | None = None
        self.write_config()

    # ---- life

    def write_config(self, catalog: str | None = None) -> None:
        text = (
            f'data_dir = "{self.data}"\n{self.extra}\n[log]\nlevel = "info"\n\n'
            f'[[listener]]\nname = "main"\naddress = "127.0.0.1:{self.port}"\nmetrics = true\n{self.listener}\n\n'
            f"{self.catalog if catalog is None else catalog}\n"
        )
        beside = self.config.with_suffix(".new")
        beside.write_text(text)
        beside.rename(self.config)

    def __enter__(self) -> "Gateway":
        self.key = self.create_key("main")
        self.start()
        return self

    def __exit__(self, *_) -> None:
        try:
            self.stop()
        finally:
            self._temporary.cleanup()

    def start(self) -> None:
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [binary(), "serve", "--config", str(self.config)],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=clean_environment(),
                preexec_fn=self.preexec,
            )
        until = time.monotonic() + START_S
        while not self._ready():
            assert self.process.poll() is None, f"the program ended with {self.process.returncode}:\n{self.log}"
            assert time.monotonic() < until, f"not ready after {START_S} s:\n{self.log}"
            time.sleep(0.02)

    def _ready(self) -> bool:
        try:
            return fetch(self.address, "GET", "/readyz", {}, timeout_s=2).status == 200
        except (OSError, AssertionError):
            return False

    def stop(self) -> None:
        """Asks it to end and insists that it ends well: code 0, nothing found by a sanitizer."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"did not end within {STOP_S} s of SIGTERM:\n{self.log[-4000:]}") from None
        self.check_sane()
        if self.process and self.process.returncode not in (0, -signal.SIGKILL):
            raise AssertionError(f"the program ended with {self.process.returncode}:\n{self.log[-8000:]}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def check_sane(self) -> None:
        log = self.log
        for sign in ("ERROR: AddressSanitizer", "runtime error:", "ERROR: LeakSanitizer", "ThreadSanitizer"):
            assert sign not in log, log[-20000:]

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    # ---- what it says

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self.port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_lines(self, event: str) -> list[dict]:
        lines = []
        for line in self.log.splitlines():
            if line.startswith("{") and f'"{event}"' in line:
                lines.append(json.loads(line))
        return lines

    def wait_for_log(self, text: str, within_s: float = 10.0) -> None:
        until = time.monotonic() + within_s
        while text not in self.log:
            assert time.monotonic() < until, f"no {text!r} in the log:\n{self.log[-4000:]}"
            time.sleep(0.02)

    def metrics(self) -> str:
        return fetch(self.address, "GET", "/metrics", {}).body.decode()

    # ---- verbs

    def verb(self, *words: str) -> subprocess.CompletedProcess:
        return run_verb(*words, "--config", str(self.config))

    def create_key(self, name: str, **limits) -> str:
        words = ["key", "create", "--name", name]
        for limit, value in limits.items():
            words += [f"--{limit.replace('_', '-')}", str(value)]
        done = self.verb(*words)
        assert done.returncode == 0, done.stderr + done.stdout
        found = re.search(r"\bsp-[a-z0-9]{1,16}-[0-9A-Za-z]{32,64}-[0-9A-Za-z]{6}\b", done.stdout)
        assert found, f"no key in: {done.stdout}"
        return found.group(0)

    # ---- requests

    def headers(self, key: str | None = None, **more: str) -> dict[str, str]:
        fields = {"x-api-key": key or self.key, "anthropic-version": VERSION, "content-type": "application/json"}
        return fields | {name.replace("_", "-"): value for name, value in more.items()}

    def post(self, path: str, value, headers: dict[str, str] | None = None, timeout_s: float = 30.0) -> Response:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return fetch(self.address, "POST", path, headers or self.headers(), body, timeout_s)

    def message(self, directive: str = "tokens=3", *, key: str | None = None, betas: str | None = None, **more) -> Response:
        """POST /v1/messages with a prompt that tells the simulator what to do."""
        extra = {"anthropic_beta": betas} if betas else {}
        return self.post("/v1/messages", messages.ask(messages.told(directive), **more), self.headers(key, **extra))

    def connect(self, timeout_s: float = 30.0) -> Connection:
        return Connection(self.address, timeout_s)

    def request(self, value, path: str = "/v1/messages", **headers: str) -> bytes:
        return request_bytes("POST", path, self.headers(**headers), json.dumps(value).encode())

    def still_serves(self) -> None:
        response = self.message()
        assert response.status == 200, response.body
