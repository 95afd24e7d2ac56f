"""The frames of a web framework, below which a service's own code runs."""

from __future__ import annotations

_PYTHON = tuple(
    f'  File "/usr/local/lib/python3.11/site-packages/{path}", line {line}, in {name}\n    {code}'
    for path, line, name, code in (
        (
            "uvicorn/protocols/http/h11_impl.py",
            403,
            "run_asgi",
            "result = await app(self.scope, receive, send)",
        ),
        ("uvicorn/middleware/proxy_headers.py", 60, "__call__", "return await self.app(scope, receive, send)"),
        ("fastapi/applications.py", 1054, "__call__", "await super().__call__(scope, receive, send)"),
        ("starlette/applications.py", 112, "__call__", "await self.middleware_stack(scope, receive, send)"),
        ("starlette/middleware/errors.py", 187, "__call__", "raise exc"),
        ("starlette/middleware/exceptions.py", 62, "__call__", "await wrap_app_handling_exceptions(self.app, conn)"),
        ("starlette/_exception_handler.py", 53, "wrapped_app", "raise exc"),
        ("starlette/routing.py", 715, "__call__", "await self.middleware_stack(scope, receive, send)"),
        ("starlette/routing.py", 288, "handle", "await self.app(scope, receive, send)"),
        ("fastapi/routing.py", 301, "app", "raw_response = await run_endpoint_function("),
    )
)
_NODE = tuple(
    f"    at {name} (/app/node_modules/{path})"
    for name, path in (
        ("Layer.handle [as handle_request]", "express/lib/router/layer.js:95:5"),
        ("next", "express/lib/router/route.js:149:13"),
        ("Route.dispatch", "express/lib/router/route.js:119:3"),
        ("Layer.handle [as handle_request]", "express/lib/router/layer.js:95:5"),
        ("Function.process_params", "express/lib/router/index.js:346:12"),
        ("next", "express/lib/router/index.js:280:10"),
        ("jsonParser", "body-parser/lib/types/json.js:113:7"),
        ("trim_prefix", "express/lib/router/index.js:328:13"),
    )
)
_JAVA = tuple(
    f"\tat {name}({name.split('.')[-2]}.java:{line})"
    for line, name in enumerate(
        (
            "org.springframework.web.servlet.DispatcherServlet.doDispatch",
            "org.springframework.web.servlet.FrameworkServlet.processRequest",
            "org.springframework.web.servlet.FrameworkServlet.doGet",
            "jakarta.servlet.http.HttpServlet.service",
            "org.apache.catalina.core.ApplicationFilterChain.internalDoFilter",
            "org.apache.catalina.core.ApplicationFilterChain.doFilter",
            "org.springframework.web.filter.RequestContextFilter.doFilterInternal",
            "org.springframework.web.filter.OncePerRequestFilter.doFilter",
            "org.springframework.web.filter.FormContentFilter.doFilterInternal",
            "org.springframework.web.filter.CharacterEncodingFilter.doFilterInternal",
            "org.apache.catalina.core.StandardWrapperValve.invoke",
            "org.apache.catalina.core.StandardContextValve.invoke",
            "org.apache.catalina.authenticator.AuthenticatorBase.invoke",
            "org.apache.catalina.core.StandardHostValve.invoke",
            "org.apache.catalina.valves.ErrorReportValve.invoke",
            "org.apache.catalina.core.StandardEngineValve.invoke",
            "org.apache.catalina.connector.CoyoteAdapter.service",
            "org.apache.coyote.http11.Http11Processor.service",
            "org.apache.tomcat.util.net.NioEndpoint.doRun",
            "org.apache.tomcat.util.threads.ThreadPoolExecutor.runWorker",
            "java.lang.Thread.run",
        ),
        100,
    )
)


def standing(text: str) -> str:
    """The error of the text, called by a framework; a Go dump names net/http itself, a plain line stays."""
    if text.startswith("Traceback"):
        head, _, rest = text.partition("\n")
        return "\n".join((head, *_PYTHON, rest))
    lines = text.split("\n")
    frames = [at for at, line in enumerate(lines) if line.lstrip().startswith("at ")]
    if not frames:
        return text
    # The first trace of the text is the outermost one: what called it stands at its end.
    last = frames[0]
    while last + 1 in frames:
        last += 1
    under = _JAVA if ".java:" in text or ".kt:" in text or ".scala:" in text else _NODE
    opened = lines[last].endswith("{")
    if opened:
        lines[last] = lines[last][:-2]
    lines[last + 1 : last + 1] = [*under[:-1], under[-1] + (" {" if opened else "")]
    return "\n".join(lines)
