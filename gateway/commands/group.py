"""The group of all commands: each one's module is loaded when it is asked for, and errors are said in one line."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from importlib import import_module

import click

from gateway.commands.say import shown
from gateway.errors import VanthuError

# By the name that people type: the module, and what the command is called there.
_ELSEWHERE: Mapping[str, tuple[str, str]] = {
    "account": ("account", "account"),
    "directory": ("directory", "directory"),
    "explain": ("explain", "explain"),
    "export-audit": ("audit", "export_audit"),
    "import": ("import_mail", "import_mail"),
    "inspect": ("inspect", "inspect"),
    "mailbox": ("mailbox", "mailbox"),
    "migrate": ("migrate", "migrate"),
    "office": ("office", "office"),
    "office-sandbox": ("office", "office_sandbox"),
    "policy": ("policy", "policy"),
    "purge": ("purge", "purge"),
    "queue": ("queue", "queue"),
    "replay": ("replay", "replay"),
    "send-test": ("send_test", "send_test"),
    "token": ("token", "token"),
    "user": ("user", "user"),
    "verify-audit": ("audit", "verify_audit"),
}


class Commands(click.Group):
    """Loads of all commands only the one that is asked for: a gateway that was killed stands again sooner.

    Says our own errors, and the machine's, in one line instead of a traceback.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all."""
        return sorted({*super().list_commands(ctx), *_ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, name = _ELSEWHERE[cmd_name]
        command: click.Command = getattr(import_module(f"gateway.commands.{module}"), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run what was asked for."""
        try:
            return super().invoke(ctx)
        except VanthuError as error:
            raise click.ClickException(_one_line(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read our output went away: click ends quietly
                raise
            where = f"{shown(error.filename)}: " if error.filename is not None else ""
            raise click.ClickException(f"{where}{error.strerror or error}") from error


def _one_line(error: VanthuError) -> str:
    """What an error says; the database's words have several lines, the last of them an address for developers."""
    return " ".join(str(error).partition("(Background on this error")[0].split())
