"""The claim provider python-regions: a rule table from what is known of a user to region codes."""

from pathlib import Path
from typing import Literal, NotRequired, TypedDict

from argus import Fact, Issuance, Plan, Problem, RefusedConfiguration, claim_name_fault, claim_provider, pointer

Condition = TypedDict("Condition", {"group": str, "customer": str, "attribute": str, "equals": str}, total=False)
"""What has to be true of the user: everything that is named."""


class Rule(TypedDict):
    """A line of the table."""

    when: Condition
    regions: list[str]


MOST_REGIONS = 1000
"""Their codes are well below the 16 KiB of claims that a provider may return."""


class Configuration(TypedDict):
    """What schema.json admits."""

    claim: str
    rules: list[Rule]
    default: NotRequired[list[str]]


def plan(configuration: Configuration) -> Plan:
    """Reads only the groups and attributes that rules name."""
    rules = configuration["rules"]
    conditions = [rule["when"] for rule in rules]
    problems = []
    if fault := claim_name_fault(configuration["claim"]):
        problems.append(Problem("/claim", fault))
    first_with: dict[tuple[tuple[str, object], ...], int] = {}
    for place, condition in enumerate(conditions):
        first = first_with.setdefault(tuple(sorted(condition.items())), place)
        # Mostly a forgotten line of an earlier table.
        if first < place:
            message = f"is the condition of {pointer('rules', first)} too; put the regions there"
            problems.append(Problem(pointer("rules", place, "when"), message))
    if len({region for rule in rules for region in rule["regions"]}) > MOST_REGIONS:
        message = f"has more than {MOST_REGIONS} regions in all, too many for a token; use codes of whole countries"
        problems.append(Problem("/rules", message))
    if problems:
        raise RefusedConfiguration(*problems)
    return Plan(
        claims=[configuration["claim"]],
        groups=_named("group", conditions),
        attributes=_named("attribute", conditions),
    )


def claims(configuration: Configuration, issuance: Issuance) -> dict[str, object]:
    """The regions of all rules that apply."""
    user = issuance.user
    groups = {group.short_name for group in user.groups}
    attributes = {attribute.name: attribute.values for attribute in user.attributes}
    customer = user.customer.short_name if user.customer else None

    def applies(when: Condition) -> bool:
        return (
            ("group" not in when or when["group"] in groups)
            and ("customer" not in when or when["customer"] == customer)
            and ("attribute" not in when or when["equals"] in attributes.get(when["attribute"], []))
        )

    regions = [region for rule in configuration["rules"] if applies(rule["when"]) for region in rule["regions"]]
    # Through a dict, which keeps the order: that of a set may be another one in the next build.
    return {configuration["claim"]: list(dict.fromkeys(regions or configuration.get("default", []))) or None}


def _named(kind: Literal["group", "attribute"], conditions: list[Condition]) -> list[str]:
    return list(dict.fromkeys(condition[kind] for condition in conditions if kind in condition))


Provider = claim_provider(
    name="python-regions",
    version="0.1.0",
    description="Sets one claim to a list of region codes, by a table of rules over groups, customer and attributes of the user.",
    # Read while the component is made, and kept in it.
    schema=Path(__file__).with_name("schema.json").read_text(encoding="utf-8"),
    needs=Fact.GROUPS | Fact.CUSTOMER | Fact.ATTRIBUTES,
    plan=plan,
    claims=claims,
)
