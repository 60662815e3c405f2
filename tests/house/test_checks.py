"""The checks themselves: each catches what it is for, and lets its neighbours pass."""

import unittest

import checks
import coroutines
from cpp_text import blank_comments_and_literals, functions

# Words that the checks look for, put together here so that this file passes them.
UNFINISHED = "TO" + "DO"
MACHINE = "/wo" + "rk/main"
REGISTRY = "registry.npm" + "js.org"


def found(check, texts: dict[str, str]) -> list[str]:
    return [f"{path}:{line}: {message}" for path, line, message in check(checks.Tree(texts))]


class Floors(unittest.TestCase):
    def test_higher_room_is_refused(self):
        self.assertIn("may not use exchange", found(checks.check_floors, {"src/http/a.h": '#include "exchange/port.h"\n'})[0])

    def test_same_floor_is_refused(self):
        self.assertTrue(found(checks.check_floors, {"src/http/a.cc": '#include "json/writer.h"\n'}))

    def test_lower_and_own_rooms_pass(self):
        self.assertEqual([], found(checks.check_floors, {"src/dialect/a.cc": '#include "json/a.h"\n#include "dialect/b.h"\n#include <map>\n'}))

    def test_relative_include_is_refused(self):
        self.assertIn("from the root", found(checks.check_floors, {"src/http/a.cc": '#include "message.h"\n'})[0])

    def test_unknown_room_is_refused(self):
        self.assertIn("has no floor", found(checks.check_floors, {"src/attic/a.cc": ""})[0])

    def test_build_file_is_read(self):
        build = "sallyport_room(http USES base runtime LINKS z exchange)\n"
        self.assertEqual(1, len(found(checks.check_floors, {"src/http/CMakeLists.txt": build})))


class Sizes(unittest.TestCase):
    def test_long_file(self):
        self.assertIn("501 lines", found(checks.check_sizes, {"src/base/a.cc": "\n" * 501})[0])
        self.assertEqual([], found(checks.check_sizes, {"src/base/a.cc": "\n" * 500}))

    def test_long_function(self):
        body = "  step();\n"
        for head in ("int f(int a) {", "Foo::Foo(int a) : a_{a}, b_(1) {", "auto Foo::g() const -> int {", "TEST(Room, Case) {"):
            self.assertIn("71 lines", found(checks.check_sizes, {"src/base/a.cc": f"{head}\n{body * 69}}}\n"})[0], head)
            self.assertEqual([], found(checks.check_sizes, {"src/base/a.cc": f"{head}\n{body * 68}}}\n"}), head)

    def test_long_namespace_and_class_pass(self):
        text = "namespace sallyport {\nclass A {\n" + "  void f() { g(); }\n" * 90 + "};\n}\n"
        self.assertEqual([], found(checks.check_sizes, {"src/base/a.h": text}))

    def test_functions_are_named(self):
        text = "namespace a {\nint Foo::bar(int x) const {\n  if (x) { return 1; }\n  return [](int y) { return y; }(x);\n}\n}\n"
        self.assertEqual([("Foo::bar", 2, 5)], [(f.name, f.first_line, f.last_line) for f in functions(text)])


class Bans(unittest.TestCase):
    BAD = (
        "std::regex r(x);", "#include <regex>", "thread.detach();", "auto* p = new Foo(1);", "take(new Foo);", "delete p;", "delete[] p;",
        "std::this_thread::sleep_for(d);", "auto t = std::chrono::system_clock::now();", "auto t = time(nullptr);",
        "int x = rand();", "std::mt19937 g;", 'printf("x");', "std::cout << x;", "std::exit(1);", "exit(1);", "::abort();",
        "int n = std::stoi(s);", "int n = atoi(s);", "double d = strtod(s, nullptr);", "sprintf(b, s);",
        "boost::asio::io_context io;", "#include <boost/asio.hpp>", "#include <boost/beast/http.hpp>", "using namespace std;",
        "co_yield 1;",
    )  # fmt: skip
    GOOD = (
        "// std::regex in words", 'log::info("rand() and new Foo");', "Foo(const Foo&) = delete;", "void abort();", "port.abort();",
        "port_->exit(1);", "std::make_unique<Foo>(1);", "std::unique_ptr<Foo> p(new Foo(1));", "steady_timer timer;", "runtime.time(0);", "renew(x);", "int new_size = 1;",
        "snprintf(b, n, f);", "operand(1);", "using namespace std::chrono_literals;", 'R"(delete p;)";',
    )  # fmt: skip

    def test_bad(self):
        for line in self.BAD:
            self.assertTrue(found(checks.check_bans, {"src/http/a.cc": f"void f() {{\n  {line}\n}}\n"}), line)

    def test_good(self):
        for line in self.GOOD:
            self.assertEqual([], found(checks.check_bans, {"src/http/a.cc": f"void f() {{\n  {line}\n}}\n"}), line)

    def test_the_replacement_is_named(self):
        self.assertIn("std::from_chars", found(checks.check_bans, {"src/http/a.cc": "int n = atoi(s);"})[0])

    def test_owners_are_exempt(self):
        self.assertEqual([], found(checks.check_bans, {"src/runtime/a.cc": "boost::asio::io_context io;"}))
        self.assertEqual([], found(checks.check_bans, {"src/base/clock.cc": "std::chrono::steady_clock::now();"}))
        self.assertEqual([], found(checks.check_bans, {"src/http/a_test.cc": "#include <boost/beast/http.hpp>"}))


class Coroutines(unittest.TestCase):
    GOOD = (
        "co_await f();",
        "co_await socket.async_read(buffer, std::move(token));",
        "const auto x = co_await f(a, std::move(b), 1);",
        "const auto [error, size] = co_await f(a);",
        "Result<int> x = co_await f(a);",
        "auto x = co_await a.b(1).c(2);",
        "co_return co_await f(a);",
        "if (ready) { co_await f(); }",
        "if (ready) co_await f();",
        "for (;;) { co_await f(); }",
        "case 1: { co_await f(); break; }",
        "auto g = [this]() -> awaitable<void> { co_await f(); };",
    )
    BAD = (
        "if (co_await f()) { g(); }",
        "while (co_await f()) {}",
        "for (;;) { if (co_await f()) break; }",
        "for (auto x : co_await f()) {}",
        "co_await take([t] { return 1; });",
        "co_await co_spawn(ex, [x]() -> awaitable<void> { co_return; }, use_awaitable);",
        "co_await [x]() -> awaitable<int> { co_return 1; }();",
        "co_await take(Agg{T(), 1});",
        "co_await take({.a = 1});",
        'co_await f({"a", "b"});',
        "Agg x{co_await mk(), 1};",
        "Agg x = {co_await mk(), 1};",
        "co_return Agg{co_await mk(), 1};",
        "g({co_await mk(), 1});",
        "auto x = c ? co_await a() : b;",
        "auto x = co_await a() ? 1 : 2;",
        "auto x = ok && co_await a();",
        "auto x = co_await a() || b;",
        "auto x = co_await a() + 1;",
        "g(co_await f());",
        "x = (co_await f()).value();",
        "return_(1), co_await f();",
        "co_await f(co_await g());",
        "switch (co_await f()) { default: break; }",
        "auto x = (co_await f());",
    )

    @staticmethod
    def shapes(statement: str):
        text = f"awaitable<void> f() {{\n  int n = 0;\n  {statement}\n}}\n"
        return coroutines.violations(blank_comments_and_literals(text))

    def test_good(self):
        for statement in self.GOOD:
            self.assertEqual([], self.shapes(statement), statement)

    def test_bad(self):
        for statement in self.BAD:
            self.assertTrue(self.shapes(statement), statement)

    def test_comment_passes(self):
        self.assertEqual([], self.shapes("// if (co_await f()) is miscompiled"))


class Words(unittest.TestCase):
    def test_bad(self):
        for line in (f"// {UNFINISHED}: later", f"path = {MACHINE}/x", f"see {REGISTRY}"):
            self.assertTrue(found(checks.check_words, {"docs/a.md": line}), line)

    def test_good(self):
        for line in ("todos are elsewhere", "GET /v1/work/items", "$HOME/tmp/x", "a network/root/leaf"):
            self.assertEqual([], found(checks.check_words, {"docs/a.md": line}), line)


class Documents(unittest.TestCase):
    def test_room_without_readme_or_mention(self):
        tree = {"src/http/a.cc": "", "docs/architecture.md": "the house"}
        self.assertEqual(2, len(found(checks.check_docs, tree)))
        tree |= {"src/http/README.md": "", "docs/architecture.md": "| 1 | `http` |"}
        self.assertEqual([], found(checks.check_docs, tree))

    def test_packages_and_their_page_agree(self):
        packages = "# --- build\ng++ compiler\ncmake build\n"
        page = "| package | why |\n|---|---|\n| `g++`, `make` | compiles |\n"
        messages = found(checks.check_packages, {"script/packages.txt": packages, "docs/dependencies.md": page})
        self.assertEqual(2, len(messages), messages)
        self.assertIn("cmake is not explained", messages[0])
        self.assertIn("make is not in", messages[1])

    def test_header_guard_and_namespace(self):
        self.assertEqual(2, len(found(checks.check_headers, {"src/http/a.h": "struct X {};\n"})))
        self.assertEqual([], found(checks.check_headers, {"src/http/a.h": "#pragma once\nnamespace sallyport::http {}\n"}))


if __name__ == "__main__":
    unittest.main()
