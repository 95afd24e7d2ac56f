"""The Logging query language: text -> a test for messages.

https://cloud.google.com/logging/docs/view/logging-query-language. Cloud Build's list filters read the same way.

lexer    text -> tokens
parser   tokens -> an expression (`ast`)
compare  one comparison of a field with a value
match    an expression -> a function of a message
"""

from signoff_sandbox.world.logfilter.ast import FilterError
from signoff_sandbox.world.logfilter.match import compiled

__all__ = ["FilterError", "compiled"]
