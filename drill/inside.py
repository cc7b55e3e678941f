"""The site as a drill serves it, `drill.inside:app`: the site itself, with the defect that DRILL_MUTANT names."""

import os

from drill.mutants import put_in

put_in(os.environ.get("DRILL_MUTANT", ""))

from wsgi import app  # noqa: E402  (the defect comes first)

__all__ = ["app"]
