"""Media: files that were uploaded, what was found in them, what was made from them, and their delivery.

A media file is stored first and examined afterwards by a task; until it is `ready` nobody is served it. Its bytes leave
the house only through a link that is bound to one sign-in and lives at most ten minutes.
"""
