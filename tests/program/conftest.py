import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support import catalogs  # noqa: E402
from support.gateway import Gateway  # noqa: E402
from support.upstream import Upstream  # noqa: E402


@pytest.fixture(scope="session")
def gateway():
    """The program with its embedded models, all of them served by the built-in simulator."""
    with Gateway() as running:
        yield running


@pytest.fixture(scope="session")
def _fronted():
    one, two, chat = Upstream(), Upstream(), Upstream()
    with Gateway(catalogs.fronting(one.url, two.url, chat.url)) as running:
        running.one, running.two, running.chat = one, two, chat
        yield running
    for upstream in (one, two, chat):
        upstream.close()


@pytest.fixture
def fronted(_fronted):
    """The program before three upstreams that a test scripts: `one` and `two` speak the Messages API, `chat` Chat
    Completions. Model m-one is served by `one` alone, m-both by `one` and then `two`, m-two by `two`, m-chat by `chat`."""

    def unexpected(call):
        call.reset()
        return False

    for upstream in (_fronted.one, _fronted.two, _fronted.chat):
        upstream.reset(unexpected)
    yield _fronted
    _fronted.check_sane()
    assert _fronted.process.poll() is None, _fronted.log[-8000:]
