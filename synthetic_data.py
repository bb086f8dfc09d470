"""The program from Python: `from synthetic_data import audit, load, synthesise`; docs/guide.md shows how.

A module and no package, so that the files of a package of this name on the public index do not mix with ours.
"""

from flows.from_python.audit import Verdict, audit
from flows.from_python.generator import Generator, load
from flows.from_python.synthesise import Report, synthesise
from gan_core.errors import BadInput, Unsound

__all__ = ["BadInput", "Generator", "Report", "Unsound", "Verdict", "audit", "load", "synthesise"]
