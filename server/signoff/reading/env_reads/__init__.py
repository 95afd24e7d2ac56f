"""What code reads from the environment while it is built: a static scan, and its comparison with what the build has.

`scan.scan(files, commands)` follows what the build's commands evaluate and names every read, with the places that lead
to it.
"""

from signoff.reading.env_reads.model import BakedRead, Command, Entry, EnvRead, Need, Place, Scan

__all__ = ["BakedRead", "Command", "Entry", "EnvRead", "Need", "Place", "Scan"]
