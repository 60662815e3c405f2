"""The statement shapes that g++ 12.2 compiles co_await correctly in. Others are miscompiled without a warning:
in conditions and ?:, with braces or capturing lambdas in the same expression, in initialiser lists."""

import re

from cpp_text import line_of

ADVICE = (
    "write it as `co_await f(args);`, `const auto x = co_await f(args);` or `co_return co_await f(args);`, "
    "with names, std::move(name), literals or calls as arguments"
)
_WHOLE_STATEMENT = re.compile(r"(?:else\s*|(?:if|while|for)\s*\((?P<condition>.*)\)\s*)?", re.S)
_INITIALISER = re.compile(r"(?:const\s+)?[\w:<>,\s]+?[&*\s]\s*(?:\w+|\[[\w\s,]+\])\s*=", re.S)
# What stands before a brace that opens a block of statements.
_BLOCK_OPENER = re.compile(
    r"(?:^|[;{}:]|\)|\b(?:else|do|try|const|noexcept|override|final|mutable)|->\s*[\w:<>,&*\s]+)\s*$", re.S
)


def violations(blanked: str) -> list[tuple[int, str]]:
    """(line, what) for each co_await outside the allowed shapes."""
    return [
        (line_of(blanked, match.start()), ADVICE)
        for match in re.finditer(r"\bco_await\b", blanked)
        if not (_prefix_ok(blanked, match.start()) and _operand_ok(blanked, match.end()))
    ]


def _prefix_ok(text: str, at: int) -> bool:
    begin, opened_by = _statement_begin(text, at)
    if opened_by == "{" and not _BLOCK_OPENER.search(text[max(0, begin - 400) : begin - 1]):
        return False  # an initialiser's brace
    prefix = text[begin:at].strip()
    if prefix in ("", "co_return"):
        return True
    whole = _WHOLE_STATEMENT.fullmatch(prefix)
    if whole:
        return _balanced(whole.group("condition") or "")
    return bool(_INITIALISER.fullmatch(prefix)) and not prefix.startswith(("return", "co_return"))


def _statement_begin(text: str, at: int) -> tuple[int, str]:
    depth = 0
    position = at - 1
    while position >= 0:
        char = text[position]
        if char == ")":
            depth += 1
        elif char == "(":
            if depth == 0:
                return position + 1, "("  # inside an argument list or a condition
            depth -= 1
        elif depth == 0 and char in ";{}":
            return position + 1, char
        position -= 1
    return 0, ""


def _balanced(text: str) -> bool:
    depth = 0
    for char in text:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth < 0:
            return False
    return depth == 0


def _operand_ok(text: str, at: int) -> bool:
    end = text.find(";", at)
    if end < 0:
        return False
    operand = text[at:end].strip()
    if not operand.endswith(")") and not re.fullmatch(r"[\w.>:-]+", operand):
        return False
    if "{" in operand or "?" in operand or "&&" in operand or "||" in operand or "co_await" in operand:
        return False
    if re.search(r"(?:^|[(,=]\s*)\[", operand):  # a lambda, or what looks like one
        return False
    # Nothing may be done with the result in the same expression: no "co_await f() + 1".
    return bool(re.fullmatch(r"[\w:.<>\s*&-]+(?:\(.*\))?", operand, re.S)) and _one_call(operand)


def _one_call(operand: str) -> bool:
    """The last closing parenthesis is the end of one chain of calls: a.b(x).c(y)."""
    depth = 0
    for index, char in enumerate(operand):
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            rest = operand[index + 1 :]
            if depth < 0 or (depth == 0 and rest and not re.match(r"\s*(\.|->|\()", rest)):
                return False
    return depth == 0
