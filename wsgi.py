"""The WSGI entry: `granian --interface wsgi wsgi:app`.

A site that names its key file must have it; the default one under instance/ is made on first use.
"""

import atexit
import gc
import os

gc.disable()  # what the imports make stays for good; looking through it again and again is a tenth of the start

from lms import config, scheduler
from lms.app import create_app
from lms.cli import register_commands
from lms.web.node_clock import NODE_CLOCK

try:
    settings = config.from_environment()
    if "LMS_KEYS" not in os.environ:
        config.create_keys(settings.keys, "site")
    app = create_app(settings)
except config.BadSettings as problem:  # a sentence for who starts the site, not where in the code it was raised
    raise SystemExit(f"mend     settings: {problem}") from problem
register_commands(app)
app.extensions["job_names"] = scheduler.names_of({"app": app, **app.extensions})

# Every process that serves, works or is a command reads `clock.now()`.
NODE_CLOCK.start(app.extensions["make_session"])

if settings.scheduler == "inside" and not settings.read_only:
    running = scheduler.start(app.extensions["make_session"], {"app": app, **app.extensions})
    atexit.register(running.shutdown, wait=False)

# The collector need never look at what was made up to here; and of the 10,000 objects of a page hardly one is in a circle.
gc.freeze()
gc.set_threshold(20_000, 20, 20)
gc.enable()
