"""The heart: what the rules of consent say. Pure Python; no Django, no input or output, no clock."""
