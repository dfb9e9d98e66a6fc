"""JSON that a person can read."""

import json


def render(value: object, margin: str = "") -> str:
    """Lists and objects of scalars on one line."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    if not any(isinstance(item, (dict, list)) for item in items):
        return json.dumps(value)
    inner = margin + "  "
    if isinstance(value, dict):
        rows = [f"{inner}{json.dumps(key)}: {render(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{margin}}}"
    return "[\n" + ",\n".join(inner + render(item, inner) for item in items) + f"\n{margin}]"
