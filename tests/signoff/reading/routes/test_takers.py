"""Which routes a request in the log may have been one of."""

from __future__ import annotations

from signoff.model.logs import Request
from signoff.model.quoted import Quoted
from signoff.model.routes import ANY, Route
from signoff.reading.routes.takers import takers

BY_ID = Route("GET", "/orders/{id}", "a.py", 1, "x")
NEW = Route("GET", "/orders/new", "a.py", 2, "y")


def asked(method: str, path: str) -> Request:
    return Request(method, Quoted(path), 200, False, Quoted("h"), Quoted("Mozilla/5.0"))


def test_a_users_request_may_be_of_two_routes() -> None:
    assert takers((BY_ID, NEW), asked("GET", "/orders/new")) == (BY_ID, NEW)
    assert takers((BY_ID, NEW), asked("GET", "/orders/7?page=2")) == (BY_ID,)


def test_a_route_of_another_method_takes_nothing_and_one_of_any_method_takes_all() -> None:
    assert takers((BY_ID,), asked("DELETE", "/orders/7")) == ()
    every = Route(ANY, "/orders/{id}", "a.py", 3, "z")
    assert takers((every,), asked("DELETE", "/orders/7")) == (every,)


def test_a_route_that_is_written_twice_is_one() -> None:
    again = Route("GET", "/orders/new", "b.py", 9, "z")
    assert takers((NEW, again), asked("GET", "/orders/new")) == (again,)
