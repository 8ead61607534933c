"""The claim provider {{name}}."""

from pathlib import Path
from typing import NotRequired, TypedDict

from argus import Fact, Issuance, Plan, Problem, RefusedConfiguration, attribute_values, claim_name_fault, claim_provider


class Configuration(TypedDict):
    """What schema.json admits."""

    claim: str
    attribute: str
    default: NotRequired[str]


def plan(configuration: Configuration) -> Plan:
    """What a configuration will do. The schema was checked before; refuse here what it cannot express."""
    problems = []
    if fault := claim_name_fault(configuration["claim"]):
        problems.append(Problem("/claim", fault))
    if configuration.get("default") == "":
        problems.append(Problem("/default", "must not be empty; leave it out for no claim"))
    if problems:
        raise RefusedConfiguration(*problems)
    return Plan(claims=[configuration["claim"]], attributes=[configuration["attribute"]])


def claims(configuration: Configuration, issuance: Issuance) -> dict[str, object]:
    """The claims of one token. Runs in a fresh instance: nothing stays from one call to the next."""
    values = attribute_values(issuance.user, configuration["attribute"])
    return {configuration["claim"]: values[0] if values else configuration.get("default")}


Provider = claim_provider(
    name="{{name}}",
    version="0.1.0",
    description="Sets one claim to the first value of an attribute of the user, or to a default.",
    # Read while the component is made, and kept in it.
    schema=Path(__file__).with_name("schema.json").read_text(encoding="utf-8"),
    # Ask for as little as you can: an administrator sees the list, and nothing else is handed over.
    needs=Fact.ATTRIBUTES,
    plan=plan,
    claims=claims,
)
