"""HTTP's own authentication schemes, which have no page to go to: https://www.rfc-editor.org/rfc/rfc9110#section-11"""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from signoff_sandbox.edge.walls.asked import Asked, Wall, page, same


def basic(asked: Asked) -> Response:  # noqa: ARG001 - a challenge's signature
    """https://www.rfc-editor.org/rfc/rfc7617"""
    response = page("401 Authorization Required", "<h1>401 Authorization Required</h1>", 401)
    response.headers["www-authenticate"] = 'Basic realm="Restricted"'
    return response


def knows_password(asked: Asked) -> bool:
    """The credential is `user:password`."""
    return same(asked.basic_credentials(), asked.route.credential)


def bearer(asked: Asked) -> Response:  # noqa: ARG001 - a challenge's signature
    """A bare 401 in JSON, as an API gateway gives it, without the header that would name the scheme."""
    return JSONResponse({"message": "Unauthorized"}, 401)


def has_token(asked: Asked) -> bool:
    return asked.shows(asked.route.credential, headers=("authorization", "x-api-key"))


BASIC = Wall(basic, knows_password)
BEARER = Wall(bearer, has_token)
