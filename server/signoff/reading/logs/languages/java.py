"""Stack traces of the JVM: Java, Kotlin, Scala.

https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/Throwable.html#printStackTrace() (causes,
suppressed exceptions, `... n more`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from signoff.reading.logs.thrown import LINE, Frame, Thrown

_FRAME = re.compile(
    r"\s*at .{1,400}?\((?:[\w$ .-]+\.(?:java|kt|kts|scala|groovy|clj)(?::-?\d+)?|Native Method|Unknown Source"
    r"|<generated>|[\w$]+(?:\.class)?:?\d*)\)"
)
_TYPE = re.compile(r"(?<![\w$.])(?:[a-z_][\w]{0,80}\.){1,20}[A-Z][\w$]{0,200}(?=: |:?$)")
_BARE = re.compile(r"(?<![\w$.])[A-Z][\w$]{0,200}(?:Exception|Error|Throwable)(?=: |:?$)")
_NUMBERED = re.compile(r"\$\d+\b|\$(?=[.$]|$)")
_PROXY = (
    "$$",
    "$Proxy",
    "CGLIB",
    "_ClientProxy",
    "_Subclass",
    "GeneratedMethodAccessor",
    "$quarkusrestinvoker$",
    "LambdaForm$",
)
_HIDDEN = re.compile(r"[/+.]0x[0-9a-f]{4,16}(?=\.|$)")
"""A class that the JVM made while it ran: its name has an address (https://openjdk.org/jeps/371)."""
_DIAGNOSTIC = "DiagnosticCoroutineContextException"
_LIBRARY = (
    "java.",
    "javax.",
    "jakarta.",
    "jdk.",
    "sun.",
    "com.sun.",
    "org.springframework.",
    "org.apache.",
    "org.hibernate.",
    "com.zaxxer.",
    "io.netty.",
    "reactor.",
    "kotlin.",
    "kotlinx.",
    "scala.",
    "akka.",
    "org.apache.pekko.",
    "org.postgresql.",
    "com.google.",
    "com.fasterxml.",
    "io.grpc.",
    "io.ktor.",
    "org.jetbrains.",
    "ch.qos.",
    "org.slf4j.",
    "okhttp3.",
    "okio.",
    "retrofit2.",
    "org.eclipse.",
    "io.undertow.",
    "io.micronaut.",
    "io.quarkus.",
    "io.vertx.",
    "io.smallrye.",
    "org.jboss.",
    "play.",
    "cats.",
    "zio.",
    "fs2.",
    "org.http4s.",
    "com.mysql.",
    "org.mariadb.",
    "oracle.",
    "redis.clients.",
    "io.lettuce.",
    "feign.",
    "graphql.",
    "groovy.",
    "org.codehaus.",
    "rx.",
    "io.reactivex.",
    "brave.",
    "io.micrometer.",
    "io.opentelemetry.",
    "com.mongodb.",
    "org.mongodb.",
    "org.aspectj.",
    "net.bytebuddy.",
    "liquibase.",
    "org.flywaydb.",
    "org.jooq.",
    "com.amazonaws.",
    "software.amazon.",
    "com.azure.",
    "com.microsoft.sqlserver.",
    "com.netflix.",
    "org.thymeleaf.",
    "org.bouncycastle.",
    "org.yaml.",
    "org.json.",
    "com.github.benmanes.",
    "com.squareup.",
    "io.jsonwebtoken.",
    "org.quartz.",
    "org.junit.",
    "clojure.",
    "ring.",
    "slick.",
    "doobie.",
    "org.glassfish.",
    "org.elasticsearch.",
    "co.elastic.",
    "org.h2.",
    "org.xerial.",
    "org.sqlite.",
    "dev.langchain4j.",
    "org.mybatis.",
    "com.alibaba.druid.",
    "org.ehcache.",
    "javassist.",
)


def is_frame(line: str) -> bool:
    """Whether a line that begins with `at` is one of the JVM's."""
    return _FRAME.match(line[:600]) is not None


@dataclass(slots=True)
class _Part:
    how: str
    kind: str
    message: str
    frames: list[Frame] = field(default_factory=list)


def read(lines: Sequence[str]) -> Thrown:
    """The exception of a trace's lines; the first names it."""
    parts = [_part("", lines[0])]
    for number, line in enumerate(lines[1:]):
        if line[-1:] == "\n":
            parts[-1].frames.extend(_run(line))
            continue
        bare = line.strip(" \t|")
        if bare.startswith("at "):
            parts[-1].frames.append(_frame(bare[:LINE]))
        elif bare.startswith(("Caused by: ", "Wrapped by: ")):
            inside = line[:1] in ("\t", " ")
            parts.append(_part("member" if inside else "cause", bare.split(": ", 1)[1]))
        elif bare.startswith("Suppressed: "):
            parts.append(_part("member", bare.removeprefix("Suppressed: ")))
        elif number == 0 and not parts[0].message and bare:
            parts[0].message = bare
    main = parts[0]
    return Thrown(
        main.kind,
        main.message,
        _frames(main),
        tuple(_thrown(part) for part in parts if part.how == "cause"),
        tuple(_thrown(part) for part in parts if part.how == "member" and not part.kind.endswith(_DIAGNOSTIC)),
    )


def _thrown(part: _Part) -> Thrown:
    return Thrown(part.kind, part.message, _frames(part))


def _frames(part: _Part) -> tuple[Frame, ...]:
    return tuple(frame for frame in part.frames if frame.place)


def _part(how: str, header: str) -> _Part:
    """`Exception in thread "main" a.b.C: words`, also behind what a logger puts before it."""
    header = header[:4_000]
    found = _TYPE.search(header) or _BARE.search(header)
    if not found:
        return _Part(how, "", header.strip())
    return _Part(how, _NUMBERED.sub("", found.group()), header[found.end() :].removeprefix(":").strip())


@lru_cache(maxsize=256)
def _run(run: str) -> tuple[Frame, ...]:
    return tuple(_frame(bare[:LINE]) for line in run.splitlines() if (bare := line.strip(" \t")).startswith("at "))


@lru_cache(maxsize=4096)
def _frame(line: str) -> Frame:
    """`at java.base/java.lang.Thread.run(Thread.java:840)` → `java.lang.Thread.run`; a proxy's frame has no place."""
    name = line[3:].split(") ", 1)[0].partition("(")[0]
    if any(proxy in name for proxy in _PROXY) or ("0x" in name and _HIDDEN.search(name)):
        return Frame("", False)
    name = name.rpartition("/")[2]
    return Frame(_NUMBERED.sub("", name), not name.startswith(_LIBRARY))
