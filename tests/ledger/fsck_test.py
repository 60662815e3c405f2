"""Tessera's fsck accepts the log: after 100,000 entries, killed processes, restarts and a key rotation.

usage: fsck_test.py LOG_MAKER TOOLS_FOLDER

fsck is taken from $SALLYPORT_FSCK, else from TOOLS_FOLDER, where `go install` puts it once. Without it the test is
skipped, visibly (exit code 77).
"""

import functools
import http.server
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

FSCK = "github.com/transparency-dev/tessera/cmd/fsck@v1.0.4"
ENTRIES = 100_000
KILLS = 12


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def find_fsck(tools):
    given = os.environ.get("SALLYPORT_FSCK")
    if given:
        return given
    binary = tools / "fsck"
    if binary.exists():
        return str(binary)
    go = shutil.which("go") or ("/usr/local/go/bin/go" if os.path.exists("/usr/local/go/bin/go") else None)
    if not go:
        skip("no Go to build the verifier with, and SALLYPORT_FSCK is not set")
    tools.mkdir(parents=True, exist_ok=True)
    try:
        built = subprocess.run([go, "install", FSCK], env={**os.environ, "GOBIN": str(tools)}, timeout=300,
                               capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        skip("building the verifier took too long")
    if built.returncode != 0:
        skip("the verifier cannot be built: " + built.stderr.strip().splitlines()[-1])
    return str(binary)


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


def make_log(maker, folder):
    """Kills the writer again and again; what it acknowledged must be there when it comes back."""
    dice = random.Random(6)
    folder = pathlib.Path(folder)
    for life in range(KILLS):
        arguments = [maker, str(folder), str(ENTRIES)] + (["rotate"] if life in (3, 7) else [])
        process = subprocess.Popen(arguments)
        time.sleep(0.1 + dice.random())
        process.send_signal(signal.SIGKILL)
        process.wait()
        report = folder / "acknowledged"
        acknowledged = int(report.read_text()) if report.exists() else 0
        again = subprocess.run([maker, str(folder), "0"], timeout=100)
        assert again.returncode == 0
        size = int((folder / "log/public/checkpoint").read_text().splitlines()[1])
        assert size >= acknowledged, f"{acknowledged} entries were acknowledged, {size} are there"
    last = subprocess.run([maker, str(folder), str(ENTRIES), "rotate"], timeout=300)
    assert last.returncode == 0
    return (folder / "key").read_text()


def accepts(fsck, url, key_file, size):
    """fsck says so in words; its exit status is zero either way."""
    try:
        done = subprocess.run([fsck, f"--storage_url={url}", f"--public_key={key_file}", "--ui=false", "--logtostderr", "-N=4"],
                              capture_output=True, text=True, timeout=100)
    except subprocess.TimeoutExpired:
        return False, "timeout"
    return f"Successfully fsck'd log with size {size} " in done.stderr, done.stderr[-2000:]


def main():
    maker, tools = sys.argv[1], pathlib.Path(sys.argv[2])
    fsck = find_fsck(tools)
    with tempfile.TemporaryDirectory(prefix="sallyport_fsck_") as folder:
        key = make_log(maker, folder)
        key_file = pathlib.Path(folder) / "log.pub"
        key_file.write_text(key)
        public = pathlib.Path(folder) / "log/public"
        size = int((public / "checkpoint").read_text().splitlines()[1])
        assert size >= ENTRIES, size
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(public)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        good, words = accepts(fsck, url, key_file, size)
        assert good, words
        # A verifier that accepts everything would prove nothing: one bit of one entry.
        victim = public / f"tile/entries/{size // 256 - 1:03d}"
        data = bytearray(victim.read_bytes())
        data[1000] ^= 1
        victim.write_bytes(data)
        bad, _ = accepts(fsck, url, key_file, size)
        assert not bad, "fsck accepts a changed entry"
        server.shutdown()
    print(f"fsck accepts {size} entries after {KILLS} kills with key rotations, and refuses one changed bit")


if __name__ == "__main__":
    main()
