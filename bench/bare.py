"""The bare stack: Flask, and one durable write a request under one lock, behind the same server. Other machines are compared by it."""

import os
import sqlite3
import threading

from flask import Flask, request

app = Flask(__name__)
_turn = threading.Lock()
_database = sqlite3.connect(os.environ["BENCH_BARE"], isolation_level=None, check_same_thread=False)
_database.execute("PRAGMA journal_mode=WAL")
_database.execute("PRAGMA synchronous=FULL")
_database.execute("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")


@app.get("/healthz")
def healthz() -> str:
    return "ok"


@app.post("/notes")
def note() -> dict[str, bool]:
    text = request.get_data(as_text=True)
    with _turn:
        _database.execute("INSERT INTO notes (text) VALUES (?)", (text,))
    return {"saved": True}
