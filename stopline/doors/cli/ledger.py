"""`stopline ledger verify`: the proof, in words."""

import typer

from stopline.apps.consent import ledger

SHOWN = 50


def verify() -> bool:
    """Print what was compared and every difference (the first 50). True: the projection equals the ledger."""
    entries, differences = ledger.verify()
    if not differences:
        typer.echo(f"OK: {entries} entries; every standing is what the ledger says.")
        return True
    for difference in differences[:SHOWN]:
        account, channel, address = difference.key
        typer.echo(
            f"account {account}, {channel} {address}: the ledger says {difference.ledger.standing} "
            f"(entry {difference.ledger.entry_id}), the subscription says {difference.projection.standing} "
            f"(entry {difference.projection.entry_id})"
        )
    typer.echo(f"FAIL: {len(differences)} standings differ from the ledger's {entries} entries.", err=True)
    return False
