"""`stopline credentials rotate`: a new key for what connections keep secret."""

import typer

from stopline.apps.sending import credentials, rotation


def rotate() -> bool:
    """Print what was done. False: some credentials can't be read any more and must be entered again."""
    done = rotation.rotate()
    if done.resumed and not credentials.in_environment():
        typer.echo(
            "An earlier rotation was interrupted; this one has finished it. Run it again for another key."
        )
    typer.echo(
        f"OK: everything is encrypted under the new key; connections encrypted anew: {done.encrypted}."
    )
    if credentials.in_environment():
        typer.echo(
            "The keys behind the first in STOPLINE_CREDENTIALS_KEY aren't needed any more: take them out."
        )
    else:
        typer.echo("The old key is gone. Copies of the data folder made before still hold it.")
    for each in done.unreadable:
        typer.echo(
            f"FAIL: account {each.account_id}, {each.name}: no key opens its credentials. "
            "Enter them again under Settings, Channels.",
            err=True,
        )
    return not done.unreadable
