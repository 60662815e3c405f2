"""The house's rules as data: rooms and floors, bounds, banned names with what to use instead."""

import re
from dataclasses import dataclass

# A room uses rooms on lower floors only. One row a floor, the lowest first.
FLOORS = (
    ("base",),
    ("http", "sse", "json", "config", "crypto", "store"),
    ("dialect", "classify", "ledger", "vault"),
    ("catalog", "access", "policy", "safeguards", "metering", "simulator"),
    ("exchange", "watch", "disclosure"),
    ("runtime",),
    ("admin",),
    ("cli",),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70


@dataclass(frozen=True)
class Ban:
    pattern: re.Pattern
    instead: str
    # Paths, from the root, where it is allowed.
    allowed: re.Pattern = re.compile(r"(?!)")


def _ban(pattern: str, instead: str, allowed: str = r"(?!)") -> Ban:
    return Ban(re.compile(pattern), instead, re.compile(allowed))


# A class whose constructor is private, in the hands of its owner from the first moment.
OWNED_NEW = re.compile(r"std::unique_ptr<[\w:]+>(?:\s+\w+)?\(new\b")

BANS = (
    _ban(r"\bstd::(w?regex|basic_regex)\b|#\s*include\s*<regex>", "a parser by hand: std::regex recurses on input"),
    _ban(r"\.\s*detach\s*\(", "an owner that joins the thread"),
    _ban(r"(?<![\w:])new\s+[A-Za-z_:(]|\bnew\s*\[", "std::make_unique or a container", r"_(fuzz)\.cc$"),
    _ban(r"(?<!=)\s\bdelete\b(?!\s*[;,)])\s*(\[\s*\])?\s*[\w(*]", "std::unique_ptr or a container"),
    _ban(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|(?<![\w.>])sleep\s*\(", "a timer of the shard, or a condition with a bound", r"_test\.cc$"),
    _ban(
        r"\b(system_clock|steady_clock|high_resolution_clock|gettimeofday|clock_gettime)\b|\bstd::time\s*\(|(?<![\w.>:])time\s*\(\s*(nullptr|NULL|0)\s*\)",
        "a Clock (base/clock.h)",
        r"^src/base/|^(bench|tests)/|_bench\.cc$|^src/runtime/(loop\.h|.*_test\.cc)$",
    ),
    _ban(r"(?<![\w.>:])(std::)?s?rand\s*\(|\b(random_device|mt19937(_64)?|default_random_engine)\b", "a Random (base/random.h)", r"^src/base/random"),
    _ban(r"(?<![\w.>:])(std::)?(printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|perror)\s*\(|\bstd::(cout|cerr|clog)\b|#\s*include\s*<iostream>", "base/log.h", r"^src/(cli|base)/|^(sim|bench|tests)/|_(test|bench|fuzz)\.cc$"),
    _ban(r"\bstd::(exit|_Exit|quick_exit|abort|terminate)\b|(?<![\w.>:])(::)?(exit|_exit|_Exit|quick_exit)\s*\(|(?<![\w>])::abort\s*\(", "a Result handed up to main", r"^src/(base|cli)/|^(sim|bench|tests)/|_test\.cc$|_fuzz\.cc$|/test_[a-z_]+\.h$"),
    _ban(r"\bstd::sto(i|l|ul|ll|ull|f|d|ld)\b|(?<![\w.>])(atoi|atol|atoll|atof|strtol|strtoul|strtoll|strtoull|strtod|sscanf)\s*\(", "std::from_chars, which says what it read", r"_test\.cc$"),
    _ban(r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|gets|strtok)\s*\(", "std::string"),
    _ban(r"\bboost::asio\b|#\s*include\s*[<\"]boost/asio|\bnet::awaitable\b", "a Port (exchange/port.h): only runtime knows Asio", r"^src/runtime/"),
    _ban(r"\bboost::beast\b|#\s*include\s*[<\"]boost/beast", "http/: Beast is an oracle of tests", r"_(test|fuzz)\.cc$|^tests/"),
    _ban(r"\bco_yield\b", "plain functions: g++ 12.2 miscompiles coroutines it should not"),
    _ban(r"\busing\s+namespace\s+std\b(?!\s*::)", "std:: written out"),
)

# Written in halves so that this file does not break its own rule.
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")) + r")\b")
MACHINE_PATHS = re.compile(r"(?<![\w.$}/-])(" + "|".join(("/wo" + "rk/", "/ro" + "ot/", "/tm" + "p/", "/ho" + r"me/\w")) + ")")
REGISTRY_HOSTS = re.compile(
    r"\b("
    + "|".join(
        host.replace("@", r"\.")
        for host in ("registry@npmjs", "registry@yarnpkg", "pypi@org", "files@python" "hosted", "deb@debian", "security@debian", "crates@io", "proxy@golang", "repo1@maven")
    )
    + r")\b"
)
