"""The Logging query language: text -> a test for messages.

https://cloud.google.com/logging/docs/view/logging-query-language. The filters of Cloud Build, Artifact Registry and
Container Analysis have the same grammar and are a `Dialect` of it.

lexer    text -> tokens
parser   tokens -> an expression (`ast`)
dialect  what one list reads differently from Logging
compare  one comparison of a field with a value
match    an expression -> a function of a message
"""

from signoff_sandbox.world.logfilter.ast import FilterError, NotModelled
from signoff_sandbox.world.logfilter.dialect import Dialect
from signoff_sandbox.world.logfilter.match import compiled

__all__ = ["Dialect", "FilterError", "NotModelled", "compiled"]
