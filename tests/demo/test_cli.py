"""`flask demo …` as people type it."""

from click.testing import Result
from flask import Flask

from lms.cli import register_commands
from lms.demo import cast


def flask(app: Flask, *arguments: str) -> Result:
    with app.app_context():
        return app.test_cli_runner().invoke(args=["demo", *arguments])


def test_accounts_names_everybody_and_the_password(loaded: Flask) -> None:
    result = flask(loaded, "accounts")
    assert result.exit_code == 0
    assert cast.PASSWORD in result.output
    assert all(part.staff_no in result.output and part.says in result.output for part in cast.CAST)


def test_load_if_empty_is_silent_the_second_time_and_a_plain_load_refuses(loaded: Flask) -> None:
    again = flask(loaded, "load", "--if-empty")
    assert (again.exit_code, again.output) == (0, "")
    refused = flask(loaded, "load")
    assert refused.exit_code == 1
    assert "演示数据已经装好" in refused.output


def test_crowd_and_accounts_refuse_a_database_that_is_no_demonstration(app: Flask) -> None:
    if "demo" not in app.cli.commands:
        register_commands(app)
    for arguments in (["crowd", "3"], ["accounts"], ["load"]):
        result = flask(app, *arguments)
        assert result.exit_code == 1
        assert "演示" in result.output
