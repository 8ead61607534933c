"""Between your provider.py and the contract (wit/claims.wit): Python values in, typed claims out.

Part of your provider, to be changed as you like. `wit_world` is made of the contract by componentize-py; everything an `Issuance`
holds is described there.
"""

import json
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import types as contract

Fact = contract.Facts
"""Facts to ask for, joined by `|`: `Fact.PROFILE | Fact.GROUPS`."""

Issuance = contract.Issuance
"""Everything a provider knows of one token: `user`, `client`, `request` and `session`. Absent facts are None, or an empty list."""

User = contract.User
"""The user the token is about."""

Problem = contract.Problem
"""`Problem(pointer, message)`: `pointer` is a JSON Pointer (RFC 6901) into the configuration."""

Target = contract.Target
"""Which answer the claims go to: ID_TOKEN, ACCESS_TOKEN or USERINFO."""


@dataclass(frozen=True)
class Plan:
    """What one configuration will do. Of groups, functions and attributes: None means all, an empty list none."""

    claims: Sequence[str]
    """every name `claims` may return"""
    groups: Sequence[str] | None = None
    """short names of the groups it reads"""
    functions: Sequence[str] | None = None
    """names of the functions it reads"""
    attributes: Sequence[str] | None = None
    """names of the attributes it reads"""


class Refused(Exception):
    """Raise it in `claims`: no token may be issued, for this reason, which operators see and users do not."""


class RefusedConfiguration(Exception):
    """Raise it in `plan`: the administrator is told all problems at once."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*(f"{problem.pointer}: {problem.message}" for problem in problems))
        self.problems = list(problems)


def is_reserved(name: str) -> bool:
    """Whether the protocol keeps the name of a claim for itself. Argus has the last word."""
    return name in _RESERVED_CLAIMS


def claim_name_fault(name: str) -> str | None:
    """What is wrong with the name of a claim, in words for a problem; None when a provider may set it."""
    odd = any(character.isspace() or ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in name)
    if odd or not 1 <= len(name.encode()) <= _MAX_CLAIM_NAME_BYTES:
        return "must be 1 to 128 bytes without white space and control characters"
    if is_reserved(name):
        return "is a claim of the protocol, which no provider may set; choose another name"
    return None


def pointer(*steps: str | int) -> str:
    """A JSON Pointer of member names and positions: `pointer("rules", 0)` is `/rules/0`."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def attribute_values(user: User, name: str) -> list[str]:
    """The values of an attribute of the user; an empty list when there is none."""
    return next((attribute.values for attribute in user.attributes if attribute.name == name), [])


def claim_provider(
    *,
    name: str,
    version: str,
    description: str,
    schema: str,
    needs: Fact,
    plan: Callable[[Any], Plan],
    claims: Callable[[Any, Issuance], dict[str, object]],
) -> type[exports.Provider]:
    """What the contract asks of a provider, made of what is pleasant to write."""

    class Provider(exports.Provider):
        def describe(self) -> contract.Metadata:
            return contract.Metadata(name, version, description, schema, needs)

        def validate_configuration(self, configuration: str) -> contract.Plan:
            try:
                return _plan(plan(json.loads(configuration)))
            except RefusedConfiguration as refusal:
                raise Err(refusal.problems) from None
            except Exception as error:
                # The contract has no other way to tell the author than a problem of the whole configuration.
                raise Err([Problem("", f"the provider is at fault: {_told(error)}")]) from None

        def claims(self, configuration: str, context: Issuance) -> list[contract.Claim]:
            try:
                return _claims(claims(json.loads(configuration), context))
            except Refused as refusal:
                raise Err(contract.ProviderError_Refused(str(refusal))) from None
            except RefusedConfiguration as refusal:
                raise Err(contract.ProviderError_BadConfiguration(refusal.problems)) from None
            except Exception as error:
                raise Err(contract.ProviderError_Internal(_told(error))) from None

    return Provider


_MAX_CLAIM_NAME_BYTES = 128

# Those of RFC 7519, OpenID Connect Core and the extensions Argus implements.
_RESERVED_CLAIMS = frozenset(
    """
    iss sub aud exp iat nbf jti nonce azp at_hash c_hash s_hash auth_time acr amr sid
    scope client_id cnf act may_act events toe txn typ alg kid token_type token_use active
    sub_jwk _claim_names _claim_sources gty
    """.split()
)


def _plan(plan: Plan) -> contract.Plan:
    return contract.Plan(list(plan.claims), _interest(plan.groups), _interest(plan.functions), _interest(plan.attributes))


def _interest(names: Sequence[str] | None) -> list[str]:
    # In the contract an empty list means all; nothing has an empty name, so that name asks for none.
    return [] if names is None else list(names) or [""]


def _claims(values: dict[str, object]) -> list[contract.Claim]:
    if not isinstance(values, dict):
        raise TypeError(f"claims must return a dict of names and values, not {type(values).__name__}")
    # A claim without a value is left out rather than sent as null: OpenID Connect Core section 5.3.2.
    return [contract.Claim(name, _value(name, value)) for name, value in values.items() if value is not None]


def _value(name: str, value: object) -> contract.ClaimValue:
    match value:
        case str():
            return contract.ClaimValue_Text(value)
        # Before int: True is one.
        case bool():
            return contract.ClaimValue_Boolean(value)
        case int() if -(2**63) <= value < 2**63:
            return contract.ClaimValue_Integer(value)
        case list() | tuple() if all(isinstance(item, str) for item in value):
            return contract.ClaimValue_TextList(list(value))
    try:
        return contract.ClaimValue_Json(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
    except (TypeError, ValueError) as error:
        raise TypeError(f"claim {name}: no form in JSON: {error}") from None


def _told(error: Exception) -> str:
    # Not format_exception: it would open the source, and a component that opens a file is stopped.
    frames = traceback.walk_tb(error.__traceback__)
    places = [f"    at {frame.f_code.co_name} ({frame.f_code.co_filename}:{line})" for frame, line in frames]
    return "\n".join([f"{type(error).__name__}: {error}", *reversed(places[-8:])])
