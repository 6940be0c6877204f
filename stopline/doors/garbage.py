"""How often a long-running process looks for cyclic garbage."""

import gc

# New objects between two looks. Python's 700 fits a script: hundreds of messages in hand are tens of thousands of
# objects, nearly none of them in a cycle, and looking took a worker a seventh of its time (bench/results.md).
SELDOM = 20_000


def look_seldom() -> None:
    """Call when everything is imported: what is there by now is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(SELDOM, 20, 50)
