"""Just enough of C++'s lexis to check rules on its text: comments and literals blanked out, braces understood."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"//[^\n]*"
    r"|/\*.*?\*/"
    r'|R"(?P<tag>[^()\\\s]{0,16})\((?P<raw>.*?)\)(?P=tag)"'
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|(?<![0-9A-Fa-f])'(?:[^'\\\n]|\\.)+'",
    re.S,
)


def blank_comments_and_literals(text: str) -> str:
    """The same text, line for line and column for column, without what comments and literals say."""

    def blank(match: re.Match) -> str:
        token = match.group(0)
        if token.startswith(("//", "/*")):
            return re.sub(r"[^\n]", " ", token)
        quote = '"' if token.startswith(('"', "R")) else "'"
        return quote + re.sub(r"[^\n]", "_", token[1:-1]) + quote

    return _TOKEN.sub(blank, text)


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


@dataclass(frozen=True)
class Function:
    name: str
    first_line: int
    last_line: int

    @property
    def lines(self) -> int:
        return self.last_line - self.first_line + 1


_CONTROL = re.compile(r"^(?:\}\s*)?(?:else\b|if\b|for\b|while\b|switch\b|do\b|try\b|catch\b|case\b|default\b)")
_SCOPE = re.compile(r"\b(?:namespace|class|struct|union|enum)\b(?!.*\()", re.S)
# What may stand between a parameter list and the body.
_AFTER_PARAMETERS = re.compile(
    r"\)\s*(?:(?:const\b|noexcept(?:\([^()]*\))?|override\b|final\b|mutable\b|&&?|->\s*[\w:<>,&*\s]+|requires\b.*"
    r"|:(?!:).*)\s*)*$",
    re.S,
)
_NAME = re.compile(r"([~\w:]+(?:\s*operator\s*[^\s\w(]+)?|operator\s*[^\s(]+)\s*\(")


def _head_before(text: str, brace: int) -> tuple[str, int]:
    """What stands between the previous statement's end and this brace, parentheses taken as one."""
    depth = 0
    at = brace - 1
    while at >= 0:
        char = text[at]
        if char == ")":
            depth += 1
        elif char == "(":
            depth -= 1
        elif depth == 0 and char in ";{}":
            break
        at -= 1
    head = text[at + 1 : brace]
    head = re.sub(r"^(\s*#[^\n]*(?:\\\n[^\n]*)*\n)+", lambda m: re.sub(r"[^\n]", " ", m.group(0)), head)
    head = re.sub(r"^(\s*(?:public|private|protected)\s*:)", lambda m: " " * len(m.group(0)), head)
    leading = len(head) - len(head.lstrip())
    return head.strip(), at + 1 + leading


def functions(blanked: str) -> list[Function]:
    """Outermost function bodies with their lines, the signature included."""
    found = []
    depth_inside = None
    depth = 0
    start = (0, "")
    for at, char in enumerate(blanked):
        if char == "{":
            if depth_inside is None:
                head, begins = _head_before(blanked, at)
                is_function = "(" in head and not _CONTROL.match(head) and not _SCOPE.search(head.split("(")[0])
                if is_function and _AFTER_PARAMETERS.search(head):
                    name = _NAME.search(head)
                    start = (begins, name.group(1) if name else head[:40])
                    depth_inside = depth
            depth += 1
        elif char == "}":
            depth -= 1
            if depth_inside is not None and depth == depth_inside:
                # A brace-initialised member in a constructor's head closes before the body opens.
                rest = blanked[at + 1 :].lstrip()
                if not rest.startswith(("{", ",")):
                    found.append(Function(start[1], line_of(blanked, start[0]), line_of(blanked, at)))
                    depth_inside = None
    return found
