"""Programs that look into one uploaded file, each run as a child process: `python -m lms.media.examining.pdf FILE FOLDER`.

Each leaves one JSON object, `found.json`, and its pictures in the folder, and prints its progress. A file that cannot be used ends with code 3
and the sentence for the person on stderr. Time, memory and network are bounded by the caller (`lms.media.children`). Nothing here touches the
database or the storage, so a parser that crashes takes nothing along. One program per family of files, so that a child loads one parser only.
"""
