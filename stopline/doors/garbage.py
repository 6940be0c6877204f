"""How often a long-running process looks for cyclic garbage."""

import gc

# New objects between two looks. Python's 700 fits a script: hundreds of messages in hand are tens of thousands of
# objects, nearly none of them in a cycle. Looking took a worker about a seventh of its time (five runs each way, a
# broadcast by e-mail: medians 700 and 570 µs of CPU a message).
SELDOM = 20_000


def look_seldom() -> None:
    """Call when everything is imported: what is there by now is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(SELDOM, 20, 50)
