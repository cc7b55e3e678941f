"""The WSGI entry: `granian --interface wsgi wsgi:app`."""

import atexit

from lms import scheduler
from lms.app import create_app
from lms.cli import register_commands

app = create_app()
register_commands(app)

if app.extensions["settings"].scheduler == "inside":
    running = scheduler.start(app.extensions["make_session"], {"app": app, **app.extensions})
    atexit.register(running.shutdown, wait=False)
