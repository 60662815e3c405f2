"""What is measured: nothing in between, nginx as the floor of any proxy, Sallyport, and each peer that installs."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

GATEWAY_CORE = "0"


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port: int, seconds: float, process=None) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process is not None and process.poll() is not None:
            return False
        with socket.socket() as s:
            s.settimeout(0.2)
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)
    return False


class Target:
    """A process that listens on `port` and passes on to `upstream`. Use as a context manager."""

    name = ""
    headers: list[str] = []
    path = "/v1/messages"
    start_seconds = 15.0

    def __init__(self, root: pathlib.Path, work: pathlib.Path, upstream: int):
        self.root, self.work, self.upstream = root, work, upstream
        self.port = free_port()
        self.process = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict:
        return dict(os.environ)

    def __enter__(self):
        self.work.mkdir(parents=True, exist_ok=True)
        log = open(self.work / f"{self.name}.log", "w")
        self.process = subprocess.Popen(["taskset", "-c", GATEWAY_CORE, *self.command()], stdout=log, stderr=log,
                                        env=self.environment(), start_new_session=True, cwd=self.work)
        if not wait_for(self.port, self.start_seconds, self.process):
            self.__exit__()
            raise RuntimeError(f"{self.name} did not start; see {self.work / (self.name + '.log')}")
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def pids(self) -> list[int]:
        """The process and its descendants."""
        parents = {}
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents[int(stat.parent.name)] = int(fields[1])
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            todo += [child for child, parent in parents.items() if parent == pid]
        return found

    def cpu_seconds(self) -> float:
        ticks = 0
        for pid in self.pids():
            try:
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def anonymous_mib(self) -> float:
        total = 0
        for pid in self.pids():
            try:
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            match = re.search(r"RssAnon:\s+(\d+)", status)
            total += int(match.group(1)) if match else 0
        return total / 1024


class Direct(Target):
    name = "direct"

    def __enter__(self):
        self.port = self.upstream
        return self

    def pids(self):
        return []


class Nginx(Target):
    name = "nginx"

    def command(self):
        (self.work / "nginx.conf").write_text(f"""
worker_processes 1;
daemon off;
pid {self.work}/nginx.pid;
error_log {self.work}/nginx-error.log;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  client_body_temp_path {self.work}/body;
  proxy_temp_path {self.work}/proxy;
  fastcgi_temp_path {self.work}/f;
  uwsgi_temp_path {self.work}/u;
  scgi_temp_path {self.work}/s;
  client_body_buffer_size 128k;
  keepalive_requests 1000000;
  upstream mock {{ server 127.0.0.1:{self.upstream}; keepalive 4096; keepalive_requests 1000000; }}
  server {{
    listen 127.0.0.1:{self.port};
    location / {{
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }}
  }}
}}
""")
        return ["nginx", "-c", str(self.work / "nginx.conf")]


class Sallyport(Target):
    name = "sallyport"

    def command(self):
        data = self.work / "data"
        shutil.rmtree(data, ignore_errors=True)
        config = self.work / "sallyport.toml"
        config.write_text(f"""
[server]
shards = 1

[[listener]]
name = "main"
address = "127.0.0.1:{self.port}"

[log]
level = "warn"

[[upstream]]
name = "mock"
kind = "anthropic"
base_url = "http://127.0.0.1:{self.upstream}"

[[model]]
id = "claude-bench"
display_name = "Bench"
created = 2026-11-01
max_input_tokens = 1000000
max_tokens = 128000
routes = [{{upstream = "mock"}}]
prices = [{{from = 2026-01-01, input = 10, output = 50}}]
""")
        binary = str(self.root / "build/release/sallyport")
        key = subprocess.run([binary, "key", "create", "--data", str(data), "--name", "bench", "--quiet"],
                             check=True, capture_output=True, text=True)
        self.headers = [f"x-api-key: {key.stdout.strip()}", "anthropic-version: 2023-06-01"]
        return [binary, "serve", "--config", str(config), "--data", str(data)]


class Portkey(Target):
    name = "portkey"
    start_seconds = 30.0

    @staticmethod
    def install(work: pathlib.Path):
        work.mkdir(parents=True, exist_ok=True)
        (work / "package.json").write_text(json.dumps({
            "private": True, "dependencies": {"@portkey-ai/gateway": "1.15.2"},
            "overrides": {"hono": "4.9.7", "@hono/node-server": "1.13.5"}}))
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved"],
                       cwd=work, check=True, timeout=600)

    def command(self):
        self.headers = ["x-portkey-provider: anthropic", "x-api-key: bench", "anthropic-version: 2023-06-01",
                        f"x-portkey-custom-host: http://127.0.0.1:{self.upstream}/v1"]
        start = self.work / "node_modules/@portkey-ai/gateway/build/start-server.js"
        return ["node", str(start), f"--port={self.port}", "--headless"]


class LiteLLM(Target):
    name = "litellm"
    start_seconds = 120.0

    @staticmethod
    def install(work: pathlib.Path):
        work.mkdir(parents=True, exist_ok=True)
        if not (work / "venv/bin/litellm").exists():
            subprocess.run([sys.executable, "-m", "venv", str(work / "venv")], check=True)
            subprocess.run([str(work / "venv/bin/pip"), "install", "--quiet", "litellm[proxy]>=1.83.7"], check=True,
                           timeout=1200)

    def environment(self):
        return {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MASTER_KEY": "sk-bench"}

    def command(self):
        self.headers = ["x-api-key: sk-bench", "anthropic-version: 2023-06-01"]
        (self.work / "litellm.yaml").write_text(f"""
model_list:
  - model_name: claude-bench
    litellm_params:
      model: anthropic/claude-bench
      api_base: http://127.0.0.1:{self.upstream}
      api_key: bench
litellm_settings:
  telemetry: false
""")
        return [str(self.work / "venv/bin/litellm"), "--config", str(self.work / "litellm.yaml"), "--host", "127.0.0.1",
                "--port", str(self.port), "--num_workers", "1"]
