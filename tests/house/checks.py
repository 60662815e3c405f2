"""Each check takes a tree of files and returns what breaks the rule: (path, line, message)."""

import re
import subprocess
from functools import cached_property
from pathlib import Path

import coroutines
import rules
from cpp_text import blank_comments_and_literals, functions, line_of


class Tree:
    """The files that git tracks, or would. Tests hand in a dictionary instead."""

    def __init__(self, texts: dict[str, str]):
        self.texts = texts

    @classmethod
    def of_repository(cls, root: Path) -> "Tree":
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, check=True, capture_output=True, text=True,
        ).stdout
        texts = {}
        for name in filter(None, listed.split("\0")):
            path = root / name
            if not path.is_file():
                continue
            data = path.read_bytes()
            if b"\0" in data[:8192] or name.startswith("tests/corpus/"):
                continue
            texts[name] = data.decode("utf-8", errors="replace")
        return cls(texts)

    @cached_property
    def cpp(self) -> dict[str, str]:
        """C++ of ours, without comments and literals."""
        return {
            name: blank_comments_and_literals(text)
            for name, text in self.texts.items()
            if name.endswith((".h", ".cc")) and not name.startswith("cmake/")
        }

    def rooms(self) -> list[str]:
        return sorted({name.split("/")[1] for name in self.texts if re.match(r"src/[^/]+/", name)})


def room_of(path: str) -> str | None:
    match = re.match(r"src/([^/]+)/", path)
    return match.group(1) if match else None


def check_floors(tree: Tree):
    for room in tree.rooms():
        if room not in rules.FLOOR_OF:
            yield f"src/{room}", 1, "has no floor: give it one in tests/house/rules.py and docs/architecture.md"
    for path in tree.cpp:
        room = room_of(path)
        if room not in rules.FLOOR_OF:
            continue
        for number, line in enumerate(tree.texts[path].splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if include:
                yield from _check_include(path, number, room, include.group(1))
    yield from _check_uses(tree)


def _check_include(path: str, number: int, room: str, target: str):
    used = target.split("/")[0]
    if "/" not in target or target.startswith("."):
        yield path, number, f'include "{target}" from the root of src: "{room}/{Path(target).name}"'
    elif used in rules.FLOOR_OF and used != room and rules.FLOOR_OF[used] >= rules.FLOOR_OF[room]:
        yield path, number, f"{room} (floor {rules.FLOOR_OF[room]}) may not use {used} (floor {rules.FLOOR_OF[used]})"


def _check_uses(tree: Tree):
    for path, text in tree.texts.items():
        if not re.fullmatch(r"src/[^/]+/CMakeLists\.txt", path):
            continue
        for call in re.finditer(r"sallyport_room\(\s*(\w+)([^)]*)\)", text):
            words = call.group(2).split()
            uses = words[words.index("USES") + 1 :] if "USES" in words else []
            for used in uses:
                if used in ("LINKS", "TEST_LINKS"):
                    break
                if rules.FLOOR_OF.get(used, 99) >= rules.FLOOR_OF.get(call.group(1), -1):
                    yield path, line_of(text, call.start()), f"{call.group(1)} may not use {used}: its floor is not lower"


def check_sizes(tree: Tree):
    for path, text in tree.texts.items():
        if path.endswith((".h", ".cc", ".py", ".mjs", ".sh", ".cmake")) or path.startswith("script/"):
            lines = text.count("\n")
            if lines > rules.FILE_LINES_MAX:
                yield path, lines, f"{lines} lines; {rules.FILE_LINES_MAX} are the most: split it by purpose"
    for path, blanked in tree.cpp.items():
        for function in functions(blanked):
            if function.lines > rules.FUNCTION_LINES_MAX:
                yield path, function.first_line, f"{function.name} has {function.lines} lines; {rules.FUNCTION_LINES_MAX} are the most"


def check_bans(tree: Tree):
    for path, text in tree.cpp.items():
        blanked = rules.OWNED_NEW.sub(lambda match: match.group(0).replace("new", "___"), text)
        for ban in rules.BANS:
            if ban.allowed.search(path):
                continue
            for match in ban.pattern.finditer(blanked):
                yield path, line_of(blanked, match.start()), f"`{match.group(0).strip()}` is banned; use {ban.instead}"


def check_coroutines(tree: Tree):
    for path, blanked in tree.cpp.items():
        for line, message in coroutines.violations(blanked):
            yield path, line, f"co_await in a shape that g++ 12.2 miscompiles: {message}"


def check_headers(tree: Tree):
    for path, text in tree.texts.items():
        if path.endswith(".h") and path.startswith(("src/", "sim/")) and "#pragma once" not in text:
            yield path, 1, "has no #pragma once"
        if path.endswith((".h", ".cc")) and path.startswith("src/") and "{" in text and "namespace sallyport" not in text:
            if not re.search(r"_(test|fuzz|bench)\.cc$|/main\.cc$", path):
                yield path, 1, "is outside of namespace sallyport"


def check_words(tree: Tree):
    for path, text in tree.texts.items():
        if path == "LICENSE":
            continue
        for pattern, what in (
            (rules.UNFINISHED, "marks unfinished work: finish it, or describe the limit in plain words"),
            (rules.MACHINE_PATHS, "is a path of one machine: take it from an argument or make a temporary one"),
            (rules.REGISTRY_HOSTS, "names a registry's host: leave that to the client's own configuration"),
        ):
            for match in pattern.finditer(text):
                yield path, line_of(text, match.start()), f"`{match.group(0)}` {what}"


def check_docs(tree: Tree):
    architecture = tree.texts.get("docs/architecture.md", "")
    for room in tree.rooms():
        if f"src/{room}/README.md" not in tree.texts:
            yield f"src/{room}", 1, "has no README.md"
        if f"`{room}`" not in architecture:
            yield "docs/architecture.md", 1, f"does not mention the room `{room}`"


def check_packages(tree: Tree):
    listed = {}
    for number, line in enumerate(tree.texts.get("script/packages.txt", "").splitlines(), 1):
        words = line.split()
        if words and not words[0].startswith("#"):
            listed[words[0]] = number
            if len(words) < 2:
                yield "script/packages.txt", number, f"{words[0]} has no reason beside it"
    documented = {}
    for number, line in enumerate(tree.texts.get("docs/dependencies.md", "").splitlines(), 1):
        row = re.match(r"\|\s*((?:`[^`]+`(?:,\s*)?)+)\s*\|", line)
        for name in re.findall(r"`([^`]+)`", row.group(1)) if row else ():
            documented[name] = number
    for name, number in listed.items():
        if name not in documented:
            yield "script/packages.txt", number, f"{name} is not explained in docs/dependencies.md"
    for name, number in documented.items():
        if name not in listed:
            yield "docs/dependencies.md", number, f"{name} is not in script/packages.txt"


ALL = (check_floors, check_sizes, check_bans, check_coroutines, check_headers, check_words, check_docs, check_packages)
