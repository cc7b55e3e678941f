"""A plugin of pytest: the tests run on a site with the defect that DRILL_MUTANT names, its scripts built apart."""

import os
import tempfile
from pathlib import Path

import lms.web.assets
import lms.web.static_files
from drill.mutants import put_in

if mutant := os.environ.get("DRILL_MUTANT", ""):
    put_in(mutant)
    built = Path(tempfile.mkdtemp(prefix="lms-drill-built-"))
    for module in (lms.web.assets, lms.web.static_files):
        vars(module)["BUILT"] = built
