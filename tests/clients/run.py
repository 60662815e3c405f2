"""Runs one suite of a real client against a program of its own: run.py SUITE. Exit code 77: the client is not here.

Suites named *.mjs run under the pinned Node from build/clients, others under build/venv.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "program"))

from support.gateway import Gateway  # noqa: E402

SKIPPED = 77


def node_command(suite: str) -> list[str] | None:
    installed = ROOT / "build" / "clients"
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "none")
    node = installed / "node_modules" / f"node-linux-{machine}" / "bin" / "node"
    if not (installed / "stamp").exists() or not node.exists():
        return None
    # Modules are looked for above the file that imports them.
    beside = installed / "suites"
    beside.mkdir(exist_ok=True)
    for name in (suite, "common.mjs"):
        shutil.copyfile(HERE / name, beside / name)
    return [str(node), "--test", "--test-reporter=spec", "--test-timeout=60000", str(beside / suite)]


def python_command(suite: str) -> list[str] | None:
    python = ROOT / "build" / "venv" / "bin" / "python"
    if not (ROOT / "build" / "venv" / "stamp").exists():
        return None
    return [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(HERE), str(HERE / suite)]


def main() -> int:
    suite = sys.argv[1]
    command = node_command(suite) if suite.endswith(".mjs") else python_command(suite)
    if command is None:
        print(f"{suite}: skipped: its client could not be fetched; script/test-clients-setup says why")
        return SKIPPED
    with Gateway() as gateway:
        environment = dict(os.environ)
        for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
            environment.pop(name, None)
        environment |= {
            "SALLYPORT_URL": gateway.url,
            "SALLYPORT_KEY": gateway.key,
            "SALLYPORT_LIMITED_KEY": gateway.create_key("limited", requests_per_minute=1),
        }
        return subprocess.run(command, env=environment, timeout=280).returncode


if __name__ == "__main__":
    sys.exit(main())
