"""What in a JSON value does a schema of ours not allow?"""

from pathlib import Path

SCHEMA = Path("capacity/schemas/run.schema.json")
FINDINGS_SCHEMA = Path("capacity/schemas/findings.schema.json")
PATHS_SCHEMA = Path("capacity/schemas/paths.schema.json")


def faults(value: object, schema: dict[str, object], root: dict[str, object]) -> list[str]:
    """What in `value` the schema does not allow; knows the keywords that the schema uses."""
    if "$ref" in schema:
        name = str(schema["$ref"]).removeprefix("#/$defs/")
        return faults(value, _object(_object(root["$defs"])[name]), root)
    if "anyOf" in schema:
        tries = [faults(value, _object(one), root) for one in _list(schema["anyOf"])]
        return [] if [] in tries else min(tries, key=len)
    if "const" in schema and value != schema["const"]:
        return [f"{value} is not {schema['const']}"]
    if "enum" in schema and value not in _list(schema["enum"]):
        return [f"{value} is not allowed"]
    if "type" in schema and not _is_a(value, str(schema["type"])):
        return [f"{value} is no {schema['type']}"]
    found = []
    if isinstance(value, dict):
        found += _member_faults(value, schema, root)
    if isinstance(value, list):
        for item in value:
            found += faults(item, _object(schema["items"]), root)
    return found


def _member_faults(
    value: dict[str, object], schema: dict[str, object], root: dict[str, object]
) -> list[str]:
    properties = _object(schema.get("properties", {}))
    found = [f"{key} is missing" for key in _list(schema.get("required", [])) if key not in value]
    others = schema.get("additionalProperties", True)
    for key, member in value.items():
        if key in properties:
            found += faults(member, _object(properties[key]), root)
        elif isinstance(others, dict):
            found += faults(member, others, root)
        else:
            found.append(f"{key} is not in the schema")
    return found


def _is_a(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    types: dict[str, type | tuple[type, ...]] = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "null": type(None),
    }
    return kind in types and isinstance(value, types[kind])


def _object(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def _list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value
