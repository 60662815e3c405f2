"""Configurations of models and upstreams for tests."""


def upstream(name: str, url: str, kind: str = "anthropic", extra: str = "") -> str:
    return (
        f'[[upstream]]\nname = "{name}"\nkind = "{kind}"\nbase_url = "{url}"\ncredential = {{env = "UPSTREAM_KEY"}}\n'
        f'connect_timeout = "2s"\nfirst_byte_timeout = "3s"\nidle_timeout = "3s"\n{extra}\n'
    )


def model(id: str, *routes: str, fallbacks: tuple[str, ...] = (), continues: str = "prefill", extra: str = "") -> str:
    allowed = ", ".join(f'"{name}"' for name in fallbacks)
    return (
        f'[[model]]\nid = "{id}"\nmax_tokens = 8000\nallowed_fallbacks = [{allowed}]\ncontinue = "{continues}"\n'
        f"routes = [{', '.join(routes)}]\nprices = [{{from = 2026-01-01, input = 10, output = 50}}]\n{extra}\n"
    )


def route(upstream_name: str, model_name: str, order: int = 0) -> str:
    return f'{{upstream = "{upstream_name}", model = "{model_name}", order = {order}}}'


def fronting(one: str, two: str, chat: str) -> str:
    one_route, two_route = route("one", "up-one"), route("two", "up-two")
    return "\n".join(
        (
            upstream("one", one),
            upstream("two", two),
            upstream("chat", chat, "openai", 'apis = ["chat"]'),
            model("m-one", one_route, fallbacks=("m-two", "m-restate", "m-chat")),
            model("m-both", one_route, route("two", "up-two", 1), fallbacks=("m-two",)),
            model("m-two", two_route),
            model("m-restate", two_route, continues="restate"),
            model("m-refuse", two_route, continues="refuse"),
            model("m-chat", route("chat", "up-chat"), continues="restate"),
            model(
                "m-gone",
                one_route,
                extra='availability = {allowed = false, reason = "withdrawn by order", successor = "m-two"}',
            ),
        )
    )
